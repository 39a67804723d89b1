"""Publishes ballots into the database `open`, in cohorts (`operators.core.disclosure`).

All of one publication comes from one read of the archive of ballots. Its number is written to
`open_publications` last: killed before that, the rows with its number count nowhere, and the next
publication looks at the same ballots again.
"""

from collections import defaultdict
from typing import Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.client import scalar
from operators.core.disclosure import states
from operators.core.disclosure.changes import changing
from operators.core.disclosure.cohorts import TROLL, BallotGroup, Cohort
from operators.core.disclosure.entries import entering
from schemas.reserved import PROBE_CONSULTATION

PROPOSALS_AT_ONCE: Final = 2000
"""Bounds the memory of a publication when every proposal had votes."""
OVERLAP_S: Final = 60
"""Proposals are looked at again for so long: a slow insert shows its rows late."""

_WHOLE = "publication IN (SELECT number FROM tutti.open_publications)"
_SLICE = (
    "(consultation_id, proposal_id) IN (SELECT consultation_id, proposal_id FROM tutti.open_touched"
    " WHERE touched_at >= {since:DateTime64(3)}"
    " AND (consultation_id, proposal_id) >= ({first_c:String}, {first_p:String})"
    " AND (consultation_id, proposal_id) <= ({last_c:String}, {last_p:String})"
    f" AND consultation_id != '{PROBE_CONSULTATION}')"
)
# A number that a killed publication used is not used again, or its rows would count.
_NEWEST = "SELECT max(number) FROM ({})".format(
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
_PROPOSAL = ("consultation_id", "proposal_id")
_CHOSEN = ("publication", *_PROPOSAL, "kind", "cell", "minute", "label")
_RELEASES = (
    "publication", *_PROPOSAL, "kind", "cell", "window_start", "window_seconds", "people",
    "agree", "disagree", "neutral",
)  # fmt: skip

Proposal = tuple[str, str]
Parameters = dict[str, str | int]


def publish(clickhouse: Client, tick_ms: int) -> None:
    """Publish what may be published of the proposals that had votes since the last time.

    Args:
        clickhouse: A client that may write.
        tick_ms: The tick, ms since 1970: the only time that the public sees.
    """
    now, scanned_at, since = clickhouse.query(
        "SELECT toString(now64(3, 'UTC')), toString(max(scanned_at)),"
        f" toString(greatest(max(scanned_at), toDateTime64({OVERLAP_S}, 3, 'UTC'))"
        f" - INTERVAL {OVERLAP_S} SECOND) FROM tutti.open_publications"
    ).result_rows[0]
    touched: list[Proposal] = [
        (row[0], row[1])
        for row in clickhouse.query(
            "SELECT DISTINCT consultation_id, proposal_id FROM tutti.open_touched"
            f" WHERE touched_at >= {{since:DateTime64(3)}}"
            f" AND consultation_id != '{PROBE_CONSULTATION}' ORDER BY consultation_id, proposal_id",
            parameters={"since": since},
        ).result_rows
    ]
    for start in range(0, len(touched), PROPOSALS_AT_ONCE):
        part = touched[start : start + PROPOSALS_AT_ONCE]
        last = start + len(part) == len(touched)
        _publish_part(clickhouse, part, since, (tick_ms, now if last else scanned_at))


def _publish_part(
    clickhouse: Client, part: list[Proposal], since: str, done: tuple[int, str]
) -> None:
    number = 1 + int(scalar(clickhouse, _NEWEST))
    _stage(clickhouse, part, since, number)
    chosen, releases = _choose(clickhouse, number)
    if releases:
        _insert(clickhouse, "open_chosen", _CHOSEN, chosen)
        _insert(clickhouse, "open_releases", _RELEASES, releases)
        clickhouse.command(
            "INSERT INTO tutti.open_people SELECT p.consultation_id, p.proposal_id, p.participant,"
            " p.publication, c.label, p.state,"
            f" bitOr(p.seen, {states.BIT_SQL.format(state='p.state')})"
            " FROM tutti.open_pending AS p INNER JOIN tutti.open_chosen AS c"
            " USING (publication, consultation_id, proposal_id, kind, cell, minute)"
        )
    _insert(clickhouse, "open_publications", ("number", "tick", "scanned_at"), [(number, *done)])
    for table in ("open_pending", "open_chosen"):
        clickhouse.command(f"TRUNCATE TABLE tutti.{table}")


def _stage(clickhouse: Client, part: list[Proposal], since: str, number: int) -> None:
    """Put aside every ballot that differs from what is published: one read, one snapshot."""
    parameters: Parameters = {"number": number, "since": since}
    for name, (consultation, proposal) in (("first", part[0]), ("last", part[-1])):
        parameters |= {f"{name}_c": consultation, f"{name}_p": proposal}
    becomes = states.STATE_SQL.format(choice="b.choice", trust="b.trust", cell="p.cell")
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
            SELECT consultation_id, proposal_id, participant, country, choice, trust, cast_at
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
        """,
        parameters=parameters,
    )


def _choose(
    clickhouse: Client, number: int
) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Rows of `open_chosen` and of `open_releases`."""
    standing = defaultdict[Proposal, dict[str, int]](dict)
    for consultation, proposal, cell, ballots in clickhouse.query(
        "SELECT consultation_id, proposal_id, cell, toInt64(sum(agree + disagree + neutral))"
        f" FROM tutti.open_releases WHERE {_WHOLE} AND (consultation_id, proposal_id) IN"
        " (SELECT consultation_id, proposal_id FROM tutti.open_pending"
        " WHERE publication = {number:UInt64}) GROUP BY consultation_id, proposal_id, cell",
        parameters={"number": number},
    ).result_rows:
        standing[consultation, proposal][cell] = ballots
    waiting = defaultdict[Proposal, dict[str, list[BallotGroup]]](
        lambda: {"entry": [], "change": []}
    )
    moved = ", ".join(
        f"toInt64(countIf(state = '{choice}')) - toInt64(countIf(before = '{choice}'))"
        for choice in states.STATES[:3]
    )
    for consultation, proposal, kind, cell, minute, people, *counts in clickhouse.query(
        f"SELECT consultation_id, proposal_id, kind, cell, minute, count(), {moved}"
        " FROM tutti.open_pending WHERE publication = {number:UInt64}"
        " GROUP BY consultation_id, proposal_id, kind, cell, minute",
        parameters={"number": number},
    ).result_rows:
        agree, disagree, neutral = counts
        group = BallotGroup(cell, minute, people, (agree, disagree, neutral))
        waiting[consultation, proposal][kind].append(group)
    chosen: list[tuple[object, ...]] = []
    releases: list[tuple[object, ...]] = []
    for key, groups in waiting.items():
        for kind, cohort in _cohorts(groups, standing.get(key, {})):
            chosen += [
                (number, *key, kind, group.cell, group.minute, cohort.cell)
                for group in cohort.groups
            ]
            place = (cohort.cell, cohort.window_start, cohort.window_seconds)
            releases.append((number, *key, kind, *place, cohort.people, *cohort.counts))
    return chosen, releases


def _cohorts(
    groups: dict[str, list[BallotGroup]], standing: dict[str, int]
) -> list[tuple[str, Cohort]]:
    published = sum(ballots for cell, ballots in standing.items() if cell != TROLL)
    return [
        *(("entry", cohort) for cohort in entering(groups["entry"], published)),
        *(("change", cohort) for cohort in changing(groups["change"], standing)),
    ]


def _insert(
    clickhouse: Client, table: str, columns: tuple[str, ...], rows: list[tuple[object, ...]]
) -> None:
    if rows:
        clickhouse.insert(table, rows, column_names=list(columns), database="tutti")
