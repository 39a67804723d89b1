"""The ledger of what is public: what a publication reads, and the rows that it writes.

A publication has a number, which is written to `tutti.open_publications` last: rows with a number
that is not there count nowhere.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from clickhouse_connect.driver.client import Client

from infra.clickhouse.client import scalar
from infra.clickhouse.tables import insert_rows
from operators.core.disclosure import states
from schemas.reserved import PROBE_CONSULTATION
from schemas.sources import Span

_WHOLE: Final = "publication IN (SELECT number FROM tutti.open_publications)"
_SLICE: Final = (
    "(consultation_id, proposal_id) IN (SELECT consultation_id, proposal_id FROM tutti.open_touched"
    " WHERE touched_at >= {since:DateTime64(3)}"
    " AND (consultation_id, proposal_id) >= ({first_c:String}, {first_p:String})"
    " AND (consultation_id, proposal_id) <= ({last_c:String}, {last_p:String})"
    f" AND consultation_id != '{PROBE_CONSULTATION}')"
)
# A number that a killed publication used is not used again, or its rows would count.
_NEWEST: Final = "SELECT max(number) FROM ({})".format(
    " UNION ALL ".join(
        f"SELECT max({column}) AS number FROM tutti.{table}"
        for table, column in (
            ("open_publications", "number"),
            ("open_people", "publication"),
            ("open_releases", "publication"),
            ("open_pending", "publication"),
            ("open_chosen", "publication"),
        )
    )
)

Proposal = tuple[str, str]
"""Consultation and proposal."""


class Scanned(NamedTuple):
    """Which votes publications have looked at; times as ClickHouse writes them, by its clock.

    Attributes:
        now: The present.
        scanned_at: Votes inserted before it were looked at.
        since: Votes inserted after it are to be looked at now.
    """

    now: str
    scanned_at: str
    since: str


class Published(NamedTuple):
    """What stands in public of a proposal in one cell."""

    consultation_id: str
    proposal_id: str
    cell: str
    ballots: int


class Waiting(NamedTuple):
    """Ballots of one minute and cell that may enter, or published ones that may change.

    Attributes:
        consultation_id: The consultation.
        proposal_id: The proposal.
        kind: entry or change.
        cell: Country or troll; of changes, the cell it is published in.
        minute: Minute of cast_at, since 1970; of changes 0.
        people: How many ballots.
        agree: What they would add to agree.
        disagree: To disagree.
        neutral: To neutral.
    """

    consultation_id: str
    proposal_id: str
    kind: str
    cell: str
    minute: int
    people: int
    agree: int
    disagree: int
    neutral: int


class Chosen(NamedTuple):
    """A row of `tutti.open_chosen`, whose comments say what each column is."""

    publication: int
    consultation_id: str
    proposal_id: str
    kind: str
    cell: str
    minute: int
    label: str


class Release(NamedTuple):
    """A row of `tutti.open_releases`, whose comments say what each column is."""

    publication: int
    consultation_id: str
    proposal_id: str
    kind: str
    cell: str
    window_start: int
    window_seconds: int
    people: int
    agree: int
    disagree: int
    neutral: int


def scanned(clickhouse: Client, overlap_s: int) -> Scanned:
    """How far publications have come; the next one overlaps with the last by so many seconds."""
    [row] = clickhouse.query(
        "SELECT toString(now64(3, 'UTC')), toString(max(scanned_at)),"
        f" toString(greatest(max(scanned_at), toDateTime64({overlap_s:d}, 3, 'UTC'))"
        f" - INTERVAL {overlap_s:d} SECOND) FROM tutti.open_publications"
    ).result_rows
    return Scanned(*row)


def touched_proposals(clickhouse: Client, since: str) -> list[Proposal]:
    """The proposals that had votes, in order; not the probe's."""
    rows = clickhouse.query(
        "SELECT DISTINCT consultation_id, proposal_id FROM tutti.open_touched"
        f" WHERE touched_at >= {{since:DateTime64(3)}}"
        f" AND consultation_id != '{PROBE_CONSULTATION}' ORDER BY consultation_id, proposal_id",
        parameters={"since": since},
    ).result_rows
    return [(consultation, proposal) for consultation, proposal in rows]


def unused_number(clickhouse: Client) -> int:
    """The number of the next publication."""
    return 1 + int(scalar(clickhouse, _NEWEST))


def stage_ballots(
    clickhouse: Client,
    first: Proposal,
    last: Proposal,
    since: str,
    number: int,
    signed: Sequence[Span] | None,
) -> None:
    """Put aside every ballot that differs from what is published: one read, one snapshot.

    Args:
        clickhouse: A client that may write.
        first: The first proposal, in the order of `touched_proposals`.
        last: The last one, included.
        since: As `Scanned` says.
        number: Of the publication.
        signed: When messages had to be signed: ballots that came at other times wait, because
            nobody answers for them; None: nobody has to.
    """
    becomes = states.STATE_SQL.format(choice="b.choice", trust="b.trust", cell="p.cell")
    answered_for = "true"
    if signed is not None:
        spans = (f"b.received_ms >= {start:d} AND b.received_ms < {end:d}" for start, end in signed)
        answered_for = f"({' OR '.join(spans)})"
    enters = states.CELL_SQL.format(trust="b.trust", country="b.country")
    clickhouse.command(
        f"""
        INSERT INTO tutti.open_pending
        WITH p.newest = 0 AS fresh
        SELECT
            {{number:UInt64}} AS publication, b.consultation_id, b.proposal_id, b.participant,
            if(fresh, 'entry', 'change') AS kind,
            if(fresh, {enters}, toString(p.cell)) AS cell,
            if(fresh, toUInt32(intDiv(toUnixTimestamp64Milli(b.cast_at), 60000)), 0) AS minute,
            toString(p.state) AS before,
            if(fresh, toString(b.choice), {becomes}) AS state,
            p.seen AS seen
        FROM (
            SELECT
                consultation_id, proposal_id, participant, country, choice, trust, cast_at,
                toUnixTimestamp64Milli(received_at) AS received_ms
            FROM tutti.ballots FINAL WHERE {_SLICE}
        ) AS b
        LEFT JOIN (
            SELECT
                consultation_id, proposal_id, participant, max(rows.publication) AS newest,
                argMax(rows.cell, rows.publication) AS cell,
                argMax(rows.state, rows.publication) AS state,
                argMax(rows.seen, rows.publication) AS seen
            FROM tutti.open_people AS rows WHERE {_WHOLE} AND {_SLICE}
            GROUP BY consultation_id, proposal_id, participant
        ) AS p USING (consultation_id, proposal_id, participant)
        WHERE if(
            fresh, b.choice != 'withdrawn',
            {becomes} != p.state AND {states.MAY_BECOME_SQL.format(seen="p.seen", state=becomes)}
        )
        -- protects: only who is answered for counts towards five
        AND {answered_for}
        """,
        parameters={
            "number": number,
            "since": since,
            **dict(zip(("first_c", "first_p"), first, strict=True)),
            **dict(zip(("last_c", "last_p"), last, strict=True)),
        },
    )


def published_ballots(clickhouse: Client, number: int) -> list[Published]:
    """What stands in public of the proposals that have ballots put aside."""
    rows = clickhouse.query(
        "SELECT consultation_id, proposal_id, cell, toInt64(sum(agree + disagree + neutral))"
        f" FROM tutti.open_releases WHERE {_WHOLE} AND (consultation_id, proposal_id) IN"
        " (SELECT consultation_id, proposal_id FROM tutti.open_pending"
        " WHERE publication = {number:UInt64}) GROUP BY consultation_id, proposal_id, cell",
        parameters={"number": number},
    ).result_rows
    return [Published(*row) for row in rows]


def waiting_ballots(clickhouse: Client, number: int) -> list[Waiting]:
    """The ballots put aside, counted by cell and minute."""
    moved = ", ".join(
        f"toInt64(countIf(state = '{choice}')) - toInt64(countIf(before = '{choice}'))"
        for choice in states.STATES[:3]
    )
    rows = clickhouse.query(
        f"SELECT consultation_id, proposal_id, kind, cell, minute, count(), {moved}"
        " FROM tutti.open_pending WHERE publication = {number:UInt64}"
        " GROUP BY consultation_id, proposal_id, kind, cell, minute",
        parameters={"number": number},
    ).result_rows
    return [Waiting(*row) for row in rows]


def write_releases(
    clickhouse: Client, chosen: Sequence[Chosen], releases: Sequence[Release]
) -> None:
    """Write the cohorts of a publication and who is in them."""
    insert_rows(clickhouse, "open_chosen", Chosen._fields, chosen)
    insert_rows(clickhouse, "open_releases", Release._fields, releases)
    clickhouse.command(
        "INSERT INTO tutti.open_people SELECT p.consultation_id, p.proposal_id, p.participant,"
        " p.publication, c.label, p.state,"
        f" bitOr(p.seen, {states.BIT_SQL.format(state='p.state')})"
        " FROM tutti.open_pending AS p INNER JOIN tutti.open_chosen AS c"
        " USING (publication, consultation_id, proposal_id, kind, cell, minute)"
    )


def finish_publication(clickhouse: Client, number: int, tick_ms: int, scanned_at: str) -> None:
    """Let a publication count, and empty the tables in which it was made.

    Args:
        clickhouse: A client that may write.
        number: Its number.
        tick_ms: Its tick, ms since 1970; 0: nothing of it is public.
        scanned_at: Votes inserted before were looked at.
    """
    row: tuple[Any, ...] = (number, tick_ms, scanned_at)
    insert_rows(clickhouse, "open_publications", ("number", "tick", "scanned_at"), [row])
    for table in ("open_pending", "open_chosen"):
        clickhouse.command(f"TRUNCATE TABLE tutti.{table}")
