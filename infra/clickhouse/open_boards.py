"""What the public pages show: every statement here reads `open`, and nothing else.

The columns that are asked for are the fields of the class that holds a row, so that a page can show
no column that stands nowhere here.
"""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from clickhouse_connect.driver.client import Client

from infra.clickhouse.client import scalar
from infra.clickhouse.moments import as_of

MAX_POINTS: Final = 240
"""Points of a line over time: more than a screen shows."""
MAX_CLUSTERS: Final = 2_000
MAX_CONSULTATIONS: Final = 1_000
MAX_TICKS: Final = 100_000
"""Publications that can be looked back at: 69 days of one a minute."""


@dataclass(frozen=True, slots=True)
class PublicConsultation:
    """A row of `open.consultations`."""

    consultation_id: str
    title: str
    countries: list[str]
    opens_at: datetime | None
    closes_at: datetime | None
    rank_min_votes: int
    proposals: int
    ballots: int
    countries_named: int
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class PublicProposal:
    """A row of `open.leaderboard`, now or at a past moment."""

    proposal_id: str
    rank: int | None
    text: str
    language: str
    votes: int
    agree: int
    disagree: int
    neutral: int
    agree_rate: float | None
    agree_low: float
    agree_high: float
    votes_all: int
    divisiveness: float | None
    consensus: float | None
    consensus_low: float
    consensus_high: float
    coverage: float
    weakest_country: str | None
    weakest_country_rate: float | None
    weakest_country_votes: int | None
    published_at: datetime | None
    method: str
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class PublicCluster:
    """A row of `open.clusters`."""

    cluster_id: str
    theme_id: str
    theme_terms: list[str]
    label: str
    terms: list[str]
    size: int
    votes: int
    proposals_counted: int
    agreement: float | None
    agreement_low: float | None
    agreement_high: float | None
    spread: float | None
    most_agreed: str
    most_opposed: str
    method: str


@dataclass(frozen=True, slots=True)
class PublicCountry:
    """A row of `open.agreement_by_country`: one proposal in one country."""

    country: str
    votes: int
    agree: int
    disagree: int
    neutral: int
    agree_rate: float | None
    agree_low: float
    agree_high: float
    method: str


@dataclass(frozen=True, slots=True)
class Added:
    """What the publications of a while added to a proposal."""

    until: datetime
    votes: int
    agree: int
    disagree: int
    neutral: int


Row = TypeVar("Row", PublicConsultation, PublicProposal, PublicCluster, PublicCountry)


def columns_of(kind: type[Any]) -> str:
    """The columns that a class holds, as a statement lists them."""
    return ", ".join(field.name for field in fields(kind))


def newest_tick(clickhouse: Client) -> datetime | None:
    """When `open` was renewed last; None: never."""
    found: datetime | None = scalar(clickhouse, "SELECT maxOrNull(tick) FROM open.publications")
    return found and found.replace(tzinfo=UTC)


def ticks(clickhouse: Client) -> list[datetime]:
    """When `open` was renewed, oldest first: the newest `MAX_TICKS` of them."""
    rows = clickhouse.query(
        f"SELECT tick FROM open.publications ORDER BY tick DESC LIMIT {MAX_TICKS}"
    ).result_rows
    return [tick.replace(tzinfo=UTC) for (tick,) in reversed(rows)]


def consultations(clickhouse: Client) -> list[PublicConsultation]:
    """All that are announced, those with the newest publication first."""
    return _read(
        clickhouse,
        PublicConsultation,
        f"FROM open.consultations ORDER BY as_of DESC NULLS LAST, consultation_id"
        f" LIMIT {MAX_CONSULTATIONS}",
    )


def proposals(
    clickhouse: Client, consultation: str, at: datetime | None = None
) -> list[PublicProposal]:
    """The accepted proposals of a consultation, the first of the board first.

    Args:
        clickhouse: The analysts' address.
        consultation: Its id.
        at: As they stood in `open` at the end of the last whole minute not after it; None: now.
    """
    return _read(
        clickhouse,
        PublicProposal,
        f"FROM {as_of('open.leaderboard', at)} WHERE consultation_id = {{consultation:String}}"
        " ORDER BY rank NULLS LAST, votes DESC, proposal_id",
        consultation=consultation,
        at=at,
    )


def clusters(clickhouse: Client, consultation: str) -> list[PublicCluster]:
    """The clusters of a consultation, the largest first."""
    return _read(
        clickhouse,
        PublicCluster,
        "FROM open.clusters WHERE consultation_id = {consultation:String}"
        f" ORDER BY size DESC, cluster_id LIMIT {MAX_CLUSTERS}",
        consultation=consultation,
    )


def cluster_members(clickhouse: Client, consultation: str) -> dict[str, str]:
    """Proposal → its cluster."""
    rows = clickhouse.query(
        "SELECT proposal_id, cluster_id FROM open.cluster_members"
        " WHERE consultation_id = {consultation:String}",
        parameters={"consultation": consultation},
    ).result_rows
    return {str(proposal): str(cluster) for proposal, cluster in rows}


def countries(
    clickhouse: Client, consultation: str, proposal: str, at: datetime | None = None
) -> list[PublicCountry]:
    """One proposal in each country, that with the most ballots first."""
    return _read(
        clickhouse,
        PublicCountry,
        f"FROM {as_of('open.agreement_by_country', at)}"
        " WHERE consultation_id = {consultation:String} AND proposal_id = {proposal:String}"
        " ORDER BY votes DESC, country",
        consultation=consultation,
        proposal=proposal,
        at=at,
    )


def history(clickhouse: Client, consultation: str, proposal: str) -> list[Added]:
    """What was added to a proposal, oldest first, in at most `MAX_POINTS` steps of equal length."""
    rows = clickhouse.query(
        "WITH (SELECT (min(tick), max(tick)) FROM open.agreement_history"
        " WHERE consultation_id = {consultation:String} AND proposal_id = {proposal:String}"
        " ) AS ends,"
        f" greatest(60, ceil(dateDiff('second', ends.1, ends.2) / {MAX_POINTS - 1})) AS step"
        " SELECT max(tick) AS until, sum(votes), sum(agree), sum(disagree), sum(neutral)"
        " FROM open.agreement_history"
        " WHERE consultation_id = {consultation:String} AND proposal_id = {proposal:String}"
        " GROUP BY intDiv(dateDiff('second', ends.1, tick), toUInt32(step)) ORDER BY until",
        parameters={"consultation": consultation, "proposal": proposal},
    ).result_rows
    return [Added(*map(_aware, row)) for row in rows]


def _read(clickhouse: Client, kind: type[Row], what: str, **parameters: Any) -> list[Row]:
    given = {name: value for name, value in parameters.items() if value is not None}
    rows = clickhouse.query(f"SELECT {columns_of(kind)} {what}", parameters=given).result_rows
    return [kind(*map(_aware, row)) for row in rows]


def _aware(value: Any) -> Any:
    """The client leaves the zone out of times in UTC."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
