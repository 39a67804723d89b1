"""What the operator page shows of `marts` and of the sink's state; votes lately: `arrivals`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.moments import in_utc
from schemas.reserved import PROBE_CONSULTATION

MAX_CONSULTATIONS: Final = 100
LEADERS: Final = 5
"""Ranks of each consultation that are shown."""
MAX_SIGNALS: Final = 30
MAX_WAITING: Final = 5
"""Proposals of each consultation whose texts are shown while they wait for moderation."""
MAX_GROUPS_OF_LETTERS: Final = 40
MAX_FINDINGS: Final = 20

_CONSULTATIONS: Final = """
SELECT
    consultation_id, max(name), max(opens), max(closes), sum(cast), max(stored),
    count() OVER () AS known
FROM (
    SELECT
        toString(consultation_id) AS consultation_id, title AS name, opens_at AS opens,
        closes_at AS closes, toUInt64(0) AS cast,
        CAST(NULL AS Nullable(DateTime64(3, 'UTC'))) AS stored
    FROM marts.consultations
    UNION ALL
    SELECT toString(consultation_id), '', NULL, NULL, sum(agree + disagree + neutral), NULL
    FROM tutti.cells
    GROUP BY consultation_id
    UNION ALL
    SELECT toString(consultation_id), '', NULL, NULL, 0, max(touched_at)
    FROM tutti.open_touched
    GROUP BY consultation_id
)
WHERE consultation_id != {probe:String}
GROUP BY consultation_id
ORDER BY max(stored) DESC NULLS LAST, consultation_id
LIMIT {rows:UInt32}
"""
_LEADERS: Final = """
SELECT
    consultation_id, stable_rank, proposal_id, text, language, votes, agree_rate, agree_low,
    agree_high, weakest_country, weakest_country_rate
FROM marts.leaderboard
WHERE stable_rank <= {rows:UInt32}
ORDER BY consultation_id, stable_rank
"""
_STAGES: Final = """
SELECT
    stage, toInt64(sum(greatest(lag, 0))), toInt64(sum(next_offset)), max(newest_at),
    max(observed_at)
FROM marts.freshness
GROUP BY stage
ORDER BY indexOf(['intake', 'votes', 'semantics', 'sink'], stage)
"""
_LETTERS_BY: Final = """
SELECT
    {0}, {1}
    countIf(received_at > {{now:DateTime64(3, 'UTC')}} - INTERVAL 5 MINUTE),
    count() AS hour, max(received_at)
FROM marts.dead_letters
WHERE received_at > {{now:DateTime64(3, 'UTC')}} - INTERVAL 1 HOUR
GROUP BY {0}
ORDER BY hour DESC, {0}
LIMIT {{rows:UInt32}}
"""
_LETTERS: Final = _LETTERS_BY.format("topic, reason, field", "any(detail),")
_REFUSED_BY: Final = _LETTERS_BY.format("consultation_id, source, country", "")
_WAITING: Final = """
SELECT
    consultation_id, proposal_id, text, language, country, submitted_at,
    count() OVER (PARTITION BY consultation_id)
FROM marts.proposals
WHERE status = 'pending'
ORDER BY submitted_at, consultation_id, proposal_id
LIMIT {rows:UInt32} BY consultation_id
LIMIT 100
"""
_SIGNALS: Final = """
SELECT
    signals.consultation_id, signals.signal_id, signals.kind, signals.proposal_id,
    ifNull(proposals.text, ''), ifNull(proposals.language, ''), signals.participants,
    signals.ballots, signals.proposals, signals.observed, signals.expected,
    signals.common_proposals, signals.expected_groups, signals.agree_rate_before,
    signals.agree_rate_during, signals.rank, signals.rank_without, signals.largest_rank_shift,
    signals.active, signals.first_seen, signals.last_seen
FROM marts.signals AS signals
LEFT JOIN (
    SELECT consultation_id, proposal_id, text, language FROM marts.proposals
) AS proposals
    ON proposals.consultation_id = signals.consultation_id
    AND proposals.proposal_id = signals.proposal_id
ORDER BY signals.active DESC, signals.last_seen DESC, signals.signal_id
LIMIT {rows:UInt32}
"""
_EFFECTS: Final = """
SELECT consultation_id, proposal_id, max(flagged_votes), argMax(rank_without, flagged_votes)
FROM (
    SELECT
        consultation_id, proposal_id, flagged_votes,
        ifNull(toInt64(rank_without), -1) AS rank_without
    FROM marts.signal_effects
    WHERE rank <= {rows:UInt32}
)
GROUP BY consultation_id, proposal_id
"""
_PEOPLE: Final = """
SELECT consultation_id, participants FROM marts.participation
WHERE country = 'all' AND hour IS NULL
"""
_CHECKS: Final = """
SELECT check, subject, toInt64(expected), toInt64(found) FROM marts.reconciliation
WHERE verdict = 'different' ORDER BY check, subject LIMIT {rows:UInt32}
"""


@dataclass(frozen=True, slots=True)
class WatchedConsultation:
    """A consultation with its ballots, of every trust level.

    Attributes:
        stored_at: When votes of it were last written to ClickHouse; None: none were.
        known: How many consultations there are, in every row.
    """

    consultation_id: str
    title: str
    opens_at: datetime | None
    closes_at: datetime | None
    ballots: int
    stored_at: datetime | None
    known: int


@dataclass(frozen=True, slots=True)
class Leader:
    """One of the first proposals of a consultation, as `marts.leaderboard` has it."""

    consultation_id: str
    rank: int
    proposal_id: str
    text: str
    language: str
    votes: int
    agree_rate: float | None
    agree_low: float
    agree_high: float
    weakest_country: str | None
    weakest_country_rate: float | None


@dataclass(frozen=True, slots=True)
class StagePosition:
    """How far a stage is, over all its partitions; see `marts.freshness`.

    Attributes:
        done: Records that are done, since the log began.
    """

    stage: str
    lag: int
    done: int
    newest_at: datetime | None
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class LetterGroup:
    """Rejected messages of the last hour with one reason at one field."""

    topic: str
    reason: str
    field: str
    detail: str
    recent: int
    hour: int
    newest_at: datetime


@dataclass(frozen=True, slots=True)
class RefusedBy:
    """Rejected messages of the last hour that name one consultation, source and country.

    What they do not name, or not in a valid form, is empty; nothing of it is proven.
    """

    consultation_id: str
    source: str
    country: str
    recent: int
    hour: int
    newest_at: datetime


@dataclass(frozen=True, slots=True)
class WaitingProposal:
    """A proposal that moderation has not looked at.

    Attributes:
        waiting: How many of its consultation wait.
    """

    consultation_id: str
    proposal_id: str
    text: str
    language: str
    country: str
    submitted_at: datetime
    waiting: int


@dataclass(frozen=True, slots=True)
class SeenSignal:
    """A row of `marts.signals` with its proposal's text."""

    consultation_id: str
    signal_id: str
    kind: str
    proposal_id: str | None
    text: str
    language: str
    participants: int
    ballots: int
    proposals: int
    observed: int
    expected: float | None
    common_proposals: int | None
    expected_groups: float | None
    agree_rate_before: float | None
    agree_rate_during: float | None
    rank: int | None
    rank_without: int | None
    largest_rank_shift: int | None
    active: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Flagged:
    """A leading proposal with flagged ballots.

    Attributes:
        rank_without: Its rank without those of the signal that has most; None: it would have none.
    """

    ballots: int
    rank_without: int | None


@dataclass(frozen=True, slots=True)
class Signals:
    """What looks arranged.

    Attributes:
        seen: Active ones first.
        flagged: (Consultation, proposal) → its flag, of leading proposals.
    """

    seen: list[SeenSignal]
    flagged: dict[tuple[str, str], Flagged]


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """A check of `marts.reconciliation` that failed."""

    check: str
    subject: str
    expected: int
    found: int


def _rows(clickhouse: Client, sql: str, **named: Any) -> list[list[Any]]:
    rows = clickhouse.query(sql, parameters=named).result_rows
    return [[in_utc(value) for value in row] for row in rows]


def read_consultations(clickhouse: Client) -> list[WatchedConsultation]:
    """All consultations, those with the newest votes first."""
    rows = _rows(clickhouse, _CONSULTATIONS, probe=PROBE_CONSULTATION, rows=MAX_CONSULTATIONS)
    return [WatchedConsultation(*row) for row in rows]


def read_leaders(clickhouse: Client) -> list[Leader]:
    """The first proposals of each consultation, in the order that does not flicker."""
    return [Leader(*row) for row in _rows(clickhouse, _LEADERS, rows=LEADERS)]


def read_stages(clickhouse: Client) -> list[StagePosition]:
    """How far each stage is."""
    return [StagePosition(*row) for row in _rows(clickhouse, _STAGES)]


def read_letters(clickhouse: Client, now: datetime) -> list[LetterGroup]:
    """Rejected messages of the last hour, the most frequent reasons first."""
    rows = _rows(clickhouse, _LETTERS, now=now, rows=MAX_GROUPS_OF_LETTERS)
    return [LetterGroup(*row) for row in rows]


def read_refused_by(clickhouse: Client, now: datetime) -> list[RefusedBy]:
    """Whose the rejected messages of the last hour say they are, most first."""
    rows = _rows(clickhouse, _REFUSED_BY, now=now, rows=MAX_GROUPS_OF_LETTERS)
    return [RefusedBy(*row) for row in rows]


def read_waiting(clickhouse: Client) -> list[WaitingProposal]:
    """Proposals that wait for moderation, some of each consultation, the oldest first."""
    return [WaitingProposal(*row) for row in _rows(clickhouse, _WAITING, rows=MAX_WAITING)]


def read_signals(clickhouse: Client) -> Signals:
    """Signals, and what they change on the boards' first places."""
    seen = [SeenSignal(*row) for row in _rows(clickhouse, _SIGNALS, rows=MAX_SIGNALS)]
    if not seen:
        return Signals([], {})
    flagged = {
        (consultation, proposal): Flagged(ballots, rank if rank > 0 else None)
        for consultation, proposal, ballots, rank in _rows(clickhouse, _EFFECTS, rows=2 * LEADERS)
    }
    return Signals(seen, flagged)


def read_people(clickhouse: Client) -> dict[str, int]:
    """Consultation → people with a current ballot; it goes through all ballots."""
    return {consultation: int(people) for consultation, people in _rows(clickhouse, _PEOPLE)}


def read_differences(clickhouse: Client) -> list[FailedCheck]:
    """What does not add up; it goes through all ballots."""
    return [FailedCheck(*row) for row in _rows(clickhouse, _CHECKS, rows=MAX_FINDINGS)]
