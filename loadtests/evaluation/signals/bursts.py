"""Bursts: simulated consultations, scanned every minute by the real task on a ClickHouse."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.signals import Signal, read_signals
from loadtests.evaluation.signals.scenarios import DAY, ENDS, WATCHED
from loadtests.evaluation.signals.traffic import Scenario, insert, proposal_name, simulate
from pipelines.periodic.bursts import MINUTE_MS, scan_for_bursts

FIRST_MINUTE: Final = 20_000 * DAY
"""Minute 0 of every scenario, since 1970."""


@dataclass(frozen=True, slots=True)
class AttackOutcome:
    """The outcome of one attack.

    Attributes:
        background: Ballots a minute, over the day.
        target: Which proposal.
        ballots: Of the attack.
        minutes: Over so many minutes.
        after: Minutes from its first ballot until the signal; None: not seen.
        flagged: Ballots that the signal names.
        rank: The proposal's rank at the end.
        rank_without: Without the flagged ballots.
    """

    background: float
    target: str
    ballots: int
    minutes: int
    after: int | None
    flagged: int
    rank: int | None
    rank_without: int | None


def watch(
    clickhouse: Client,
    scenarios: Iterable[Scenario],
    seed: int,
    say: Callable[[str], None],
    ends: int = ENDS,
) -> dict[str, list[Signal]]:
    """Run the task at each tick; returns the bursts by consultation."""
    for scenario in scenarios:
        insert(clickhouse, scenario, simulate(scenario, seed), FIRST_MINUTE, WATCHED - 60)
    for minute in range(WATCHED, ends):
        scan_for_bursts(clickhouse, (FIRST_MINUTE + minute) * MINUTE_MS)
        if minute % 60 == 0:
            say(f"watched until {minute // 60 % 24:02d}:00")
    found = defaultdict[str, list[Signal]](list)
    for signal in read_signals(clickhouse, "burst"):
        found[signal.consultation_id].append(signal)
    return found


def outcomes(
    clickhouse: Client, scenario: Scenario, signals: Sequence[Signal]
) -> tuple[list[AttackOutcome], list[Signal]]:
    """The outcome of each attack, and the signals that no attack explains."""
    ranks = dict[str, tuple[int | None, int | None]]()
    for signal, *rank in clickhouse.query(
        "SELECT signal_id, rank, rank_without FROM marts.signals"
        " WHERE consultation_id = {consultation:String}",
        parameters={"consultation": scenario.name},
    ).result_rows:
        ranks[signal] = (rank[0], rank[1])
    found, explained = list[AttackOutcome](), set[str]()
    for attack in scenario.attacks:
        begins = (FIRST_MINUTE + attack.minute) * MINUTE_MS
        ends = begins + attack.minutes * MINUTE_MS
        seen = [
            signal
            for signal in signals
            if signal.proposals[0] == proposal_name(attack.proposal)
            and signal.from_at < ends
            and signal.to_at > begins
        ]
        explained.update(signal.signal_id for signal in seen)
        first = min(seen, key=lambda signal: signal.first_seen, default=None)
        found.append(
            AttackOutcome(
                background=scenario.per_minute,
                target=attack.about,
                ballots=attack.ballots,
                minutes=attack.minutes,
                after=None if first is None else (first.first_seen - begins) // MINUTE_MS,
                flagged=0 if first is None else first.votes[0],
                rank=None if first is None else ranks[first.signal_id][0],
                rank_without=None if first is None else ranks[first.signal_id][1],
            )
        )
    return found, [signal for signal in signals if signal.signal_id not in explained]
