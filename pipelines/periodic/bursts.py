"""Bursts: each minute, the ten minutes before it; the formula is in `operators.core.signals.burst`.

Windows are minutes of `cast_at`, and a vote may arrive after its minute is over. So one window is
looked at each minute as soon as it is over, and every `LATE_STEP_MIN` another one that was over
`LATE_MIN` ago, which also makes up for ticks that were missed. Both see the ballots that are
current by then.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from clickhouse_connect.driver.client import Client

from operators.core.signals.burst import (
    METHOD,
    MIN_COUNT,
    REFERENCE_MIN,
    WINDOW_MIN,
    YOUNG_MIN,
    Traffic,
    burst_minutes,
    expected_ballots,
    is_burst,
    poisson_tail,
)
from pipelines.periodic.signals import (
    Look,
    Signal,
    keep_signals,
    read_scan,
    read_signals,
    record_scan,
    signal_id,
)

MINUTE_MS: Final = 60_000
LATE_MIN: Final = 30
"""A window is looked at again so many minutes after its end."""
LATE_STEP_MIN: Final = 5
MAX_CATCH_UP: Final = 12
"""Late looks at one tick: after a standstill there are more, an hour of them each minute."""
FOLLOWED_MS: Final = 86_400_000
"""For so long after it was last seen, a burst's flagged ballots follow re-votes."""

Key = tuple[str, str]
"""Consultation and proposal."""

_CELLS: Final = """(
    SELECT consultation_id, proposal_id, country, minute, agree, agree + disagree + neutral AS votes
    FROM tutti.minute_cells
    WHERE minute >= {first:UInt64} AND minute < {end:UInt64} AND trust != 'troll'
)"""
_THESE: Final = (
    "consultation_id = {consultation:String} AND proposal_id IN {proposals:Array(String)}"
)
# The minute is a column of the key, so older rows may be dropped before FINAL compares versions.
_SETTINGS: Final = {"optimize_move_to_prewhere_if_final": 1}


@dataclass(frozen=True, slots=True)
class Window:
    """Ten minutes of a proposal that has many ballots in them.

    Attributes:
        now: Trusted ballots in the window.
        before: In the reference, by country.
        votes_before: Over all countries.
        agree_before: Those that agree.
    """

    now: int
    before: Mapping[str, int]
    votes_before: int
    agree_before: int


@dataclass(frozen=True, slots=True)
class Burst:
    """A window that is a burst; minutes are since 1970."""

    key: Key
    window: Window
    expected: float
    first_minute: int
    last_minute: int


def scan_for_bursts(clickhouse: Client, tick_ms: int) -> None:
    """The step: look at the window that has just ended, and late at those of before."""
    tick = tick_ms // MINUTE_MS
    look = read_scan(clickhouse, "burst")
    done = look.done if look else tick - LATE_MIN
    late = range(done + LATE_STEP_MIN, tick - LATE_MIN + 1, LATE_STEP_MIN)[:MAX_CATCH_UP]
    kept = {
        s.signal_id: s for s in read_signals(clickhouse, "burst", since_ms=tick_ms - FOLLOWED_MS)
    }
    for end in (*late, tick):
        for burst in bursts_until(clickhouse, end):
            signal = _signal(burst, kept.values(), end * MINUTE_MS, tick_ms)
            kept[signal.signal_id] = signal
    keep_signals(clickhouse, _followed(clickhouse, list(kept.values()), tick_ms))
    record_scan(clickhouse, "burst", Look(tick_ms, late[-1] if late else done))


def bursts_until(clickhouse: Client, end: int) -> Iterator[Burst]:
    """The bursts of the ten minutes before a minute, in all consultations.

    Args:
        clickhouse: Any client that may read `tutti`.
        end: The minute behind the window, since 1970.
    """
    for consultation, everybody, windows in _busy(clickhouse, end):
        suspects = {
            proposal: window
            for proposal, window in windows.items()
            if is_burst(window.now, expected_ballots(everybody, window.before))
        }
        if not suspects:
            continue
        shares = _observed_shares(clickhouse, consultation, suspects, end)
        minutes = _minutes(clickhouse, consultation, suspects, end - WINDOW_MIN, end)
        for proposal, share in shares.items():
            window = suspects[proposal]
            expected = expected_ballots(everybody, window.before, observed_share=share)
            if is_burst(window.now, expected):
                counts = [minutes[proposal, at][0] for at in range(end - WINDOW_MIN, end)]
                first, last = (end - WINDOW_MIN + at for at in burst_minutes(counts, expected))
                yield Burst((consultation, proposal), window, expected, first, last)


def _busy(clickhouse: Client, end: int) -> Iterator[tuple[str, Traffic, dict[str, Window]]]:
    """Consultations with their traffic and their proposals of many ballots, read in one pass."""
    rows = clickhouse.query(
        f"""
        SELECT
            consultation_id, sumMap(countries, now), sumMap(countries, before), count(),
            groupArrayIf(
                (proposal_id, arraySum(now), countries, before, before_agree),
                arraySum(now) >= {{least:UInt64}}
            ) AS busy
        FROM (
            SELECT
                consultation_id, proposal_id, groupArray(country) AS countries,
                groupArray(now_here) AS now, groupArray(before_here) AS before,
                sum(before_agree_here) AS before_agree
            FROM (
                SELECT
                    consultation_id, proposal_id, toString(country) AS country,
                    sumIf(votes, minute >= {{start:UInt64}}) AS now_here,
                    sumIf(votes, minute < {{start:UInt64}}) AS before_here,
                    sumIf(agree, minute < {{start:UInt64}}) AS before_agree_here
                FROM {_CELLS}
                GROUP BY consultation_id, proposal_id, country
            )
            GROUP BY consultation_id, proposal_id
        )
        GROUP BY consultation_id
        HAVING notEmpty(busy)
        """,
        parameters=_span(end) | {"least": MIN_COUNT},
        settings=_SETTINGS,
    ).result_rows
    for consultation, now, before, proposals, busy in rows:
        traffic = Traffic(_map(*now), _map(*before), proposals)
        yield (
            consultation,
            traffic,
            {
                proposal: Window(ballots, _map(countries, counts), sum(counts), agree)
                for proposal, ballots, countries, counts, agree in busy
            },
        )


def _map(countries: Iterable[str], counts: Iterable[int]) -> dict[str, int]:
    return dict(zip(countries, counts, strict=True))


def _span(end: int) -> dict[str, int]:
    start = end - WINDOW_MIN
    return {"first": start - REFERENCE_MIN, "start": start, "end": end}


def _observed_shares(
    clickhouse: Client, consultation: str, proposals: Iterable[str], end: int
) -> dict[str, float]:
    """Share of the reference's ballots since each proposal's first; young ones are left out."""
    span = _span(end)
    named = {"consultation": consultation, "proposals": list(proposals)}
    born = clickhouse.query(
        "SELECT proposal_id, min(minute) FROM tutti.minute_cells"
        f" WHERE {_THESE} GROUP BY proposal_id",
        parameters=named,
    ).result_rows
    old = {proposal: first for proposal, first in born if first <= span["start"] - YOUNG_MIN}
    if all(first <= span["first"] for first in old.values()):
        return dict.fromkeys(old, 1.0)
    by_minute = clickhouse.query(
        f"SELECT minute, sum(votes) FROM {_CELLS}"
        " WHERE consultation_id = {consultation:String} AND minute < {start:UInt64}"
        " GROUP BY minute",
        parameters=span | named,
        settings=_SETTINGS,
    ).result_rows
    total = sum(votes for _, votes in by_minute)
    since = {
        proposal: sum(votes for minute, votes in by_minute if minute >= first)
        for proposal, first in old.items()
    }
    return {proposal: votes / total for proposal, votes in since.items() if votes}


def _minutes(
    clickhouse: Client, consultation: str, proposals: Iterable[str], first: int, end: int
) -> defaultdict[tuple[str, int], tuple[int, int]]:
    """Ballots, and those that agree, by proposal and minute."""
    rows = clickhouse.query(
        f"SELECT proposal_id, minute, sum(votes), sum(agree) FROM {_CELLS}"
        f" WHERE {_THESE}"
        " GROUP BY proposal_id, minute",
        parameters={
            "consultation": consultation,
            "proposals": list(proposals),
            "first": first,
            "end": end,
        },
    ).result_rows
    return defaultdict(lambda: (0, 0), {(row[0], row[1]): (row[2], row[3]) for row in rows})


def _signal(burst: Burst, kept: Iterable[Signal], end_ms: int, tick_ms: int) -> Signal:
    """The signal of a burst: one that is kept goes on if the two touch."""
    consultation, proposal = burst.key
    window, expected = burst.window, burst.expected
    found = Signal(
        consultation_id=consultation,
        signal_id=signal_id("burst", consultation, proposal, burst.first_minute),
        kind="burst",
        proposals=[proposal],
        votes=[0],
        agree=[0],
        from_at=burst.first_minute * MINUTE_MS,
        to_at=(burst.last_minute + 1) * MINUTE_MS,
        observed=window.now,
        expected=expected,
        p_value=poisson_tail(window.now, expected),
        votes_before=window.votes_before,
        agree_before=window.agree_before,
        first_seen=tick_ms,
        last_seen=tick_ms,
        method=METHOD,
        version=tick_ms,
    )
    gap_ms = WINDOW_MIN * MINUTE_MS
    for old in kept:
        if (
            (old.consultation_id, *old.proposals) == burst.key
            and old.from_at <= found.to_at + gap_ms
            and found.from_at <= old.to_at + gap_ms
        ):
            # The evidence is that of the most surprising ten minutes.
            stronger = _surprise(found) > _surprise(old)
            return replace(
                found if stronger else old,
                signal_id=old.signal_id,
                from_at=min(old.from_at, found.from_at),
                to_at=max(old.to_at, found.to_at),
                votes_before=old.votes_before,
                agree_before=old.agree_before,
                first_seen=old.first_seen,
                last_seen=max(old.last_seen, end_ms),
                version=tick_ms,
            )
    return found


def _surprise(signal: Signal) -> tuple[float, float]:
    return -(signal.p_value or 0.0), signal.observed / signal.expected


def _followed(clickhouse: Client, kept: Iterable[Signal], tick_ms: int) -> Iterator[Signal]:
    """Signals that have changed, with the ballots that stand in their minutes now."""
    by_consultation = sorted(kept, key=lambda signal: signal.consultation_id)
    for consultation, found in groupby(by_consultation, key=lambda s: s.consultation_id):
        signals = list(found)
        cells = _minutes(
            clickhouse,
            consultation,
            {signal.proposals[0] for signal in signals},
            min(signal.from_at for signal in signals) // MINUTE_MS,
            max(signal.to_at for signal in signals) // MINUTE_MS,
        )
        for signal in signals:
            [proposal] = signal.proposals
            span = range(signal.from_at // MINUTE_MS, signal.to_at // MINUTE_MS)
            inside = [cells[proposal, minute] for minute in span]
            votes, agree = sum(v for v, _ in inside), sum(a for _, a in inside)
            if signal.version == tick_ms or (votes, agree) != (*signal.votes, *signal.agree):
                yield replace(signal, votes=[votes], agree=[agree], version=tick_ms)
