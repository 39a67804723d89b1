"""Bursts: each minute, the ten minutes before it; the formula is in `operators.core.signals.burst`.

Windows are minutes of `cast_at`, and a vote may arrive after its minute is over. So one window is
looked at each minute as soon as it is over, and every `LATE_STEP_MIN` another one that was over
`LATE_MIN` ago, which also makes up for ticks that were missed. Both see the ballots that are
current by then.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.minutes import (
    busy_consultations,
    counts_by_minute,
    first_minutes,
    votes_by_minute,
)
from infra.clickhouse.signals import (
    Scan,
    Signal,
    keep_signals,
    read_scan,
    read_signals,
    record_scan,
)
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
from pipelines.periodic.signal_ids import signal_id

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

NOTHING: Final = (0, 0)
"""Ballots, and those that agree, of a minute without any."""


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
    scan = read_scan(clickhouse, "burst")
    done = scan.done if scan else tick - LATE_MIN
    late = range(done + LATE_STEP_MIN, tick - LATE_MIN + 1, LATE_STEP_MIN)[:MAX_CATCH_UP]
    kept = {
        s.signal_id: s for s in read_signals(clickhouse, "burst", since_ms=tick_ms - FOLLOWED_MS)
    }
    for end in (*late, tick):
        for burst in bursts_until(clickhouse, end):
            signal = _signal(burst, kept.values(), end * MINUTE_MS, tick_ms)
            kept[signal.signal_id] = signal
    keep_signals(clickhouse, _followed(clickhouse, list(kept.values()), tick_ms))
    record_scan(clickhouse, "burst", Scan(tick_ms, late[-1] if late else done))


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
        minutes = counts_by_minute(clickhouse, consultation, suspects, end - WINDOW_MIN, end)
        for proposal, share in shares.items():
            window = suspects[proposal]
            expected = expected_ballots(everybody, window.before, observed_share=share)
            if is_burst(window.now, expected):
                span = range(end - WINDOW_MIN, end)
                counts = [minutes.get((proposal, at), NOTHING)[0] for at in span]
                first, last = (end - WINDOW_MIN + at for at in burst_minutes(counts, expected))
                yield Burst((consultation, proposal), window, expected, first, last)


def _busy(clickhouse: Client, end: int) -> Iterator[tuple[str, Traffic, dict[str, Window]]]:
    """Consultations with their traffic and their proposals of many ballots."""
    start = end - WINDOW_MIN
    first = start - REFERENCE_MIN
    for found in busy_consultations(clickhouse, first, start, end, MIN_COUNT):
        windows = {
            proposal: Window(now, before, sum(before.values()), agree)
            for proposal, now, before, agree in found.busy
        }
        yield found.consultation_id, Traffic(found.now, found.before, found.proposals), windows


def _observed_shares(
    clickhouse: Client, consultation: str, proposals: Iterable[str], end: int
) -> dict[str, float]:
    """Share of the reference's ballots since each proposal's first; young ones are left out."""
    start = end - WINDOW_MIN
    first = start - REFERENCE_MIN
    born = first_minutes(clickhouse, consultation, proposals)
    old = {proposal: minute for proposal, minute in born.items() if minute <= start - YOUNG_MIN}
    if all(minute <= first for minute in old.values()):
        return dict.fromkeys(old, 1.0)
    by_minute = votes_by_minute(clickhouse, consultation, first, start)
    total = sum(votes for _, votes in by_minute)
    since = {
        proposal: sum(votes for minute, votes in by_minute if minute >= begin)
        for proposal, begin in old.items()
    }
    return {proposal: votes / total for proposal, votes in since.items() if votes}


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
        cells = counts_by_minute(
            clickhouse,
            consultation,
            {signal.proposals[0] for signal in signals},
            min(signal.from_at for signal in signals) // MINUTE_MS,
            max(signal.to_at for signal in signals) // MINUTE_MS,
        )
        for signal in signals:
            [proposal] = signal.proposals
            span = range(signal.from_at // MINUTE_MS, signal.to_at // MINUTE_MS)
            inside = [cells.get((proposal, minute), NOTHING) for minute in span]
            votes, agree = sum(v for v, _ in inside), sum(a for _, a in inside)
            if signal.version == tick_ms or (votes, agree) != (*signal.votes, *signal.agree):
                yield replace(signal, votes=[votes], agree=[agree], version=tick_ms)
