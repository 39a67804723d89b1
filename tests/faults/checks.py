"""The same checks after every fault: each returns what is wrong, in words."""

from collections.abc import Iterator

from clickhouse_connect.driver.client import Client
from faults.load import CHOICES
from faults.truth import Cells, Truth
from stack.conftest import Stack
from stack.naive import COLUMNS

COUNTERS = (*CHOICES, *COLUMNS.values())
CAST_IN = "formatDateTime(toDateTime(minute * 60, 'UTC'), '%Y-%m-%dT%H:%i')"
"""The minute of a cell, as text."""


def cells(clickhouse: Client, consultations: tuple[str, ...], *, by_minute: bool = False) -> Cells:
    """What ClickHouse shows of some consultations; zeroes are left out."""
    rows = clickhouse.query(
        f"SELECT consultation_id, proposal_id, country, trust{f', {CAST_IN}' if by_minute else ''},"
        f" {', '.join(COUNTERS)} FROM tutti.{'minute_cells' if by_minute else 'cells'}"
        " WHERE consultation_id IN {wanted:Array(String)}",
        parameters={"wanted": list(consultations)},
    ).result_rows
    width = 5 if by_minute else 4
    return {
        tuple(row[:width]): {
            name: count for name, count in zip(COUNTERS, row[width:], strict=True) if count
        }
        for row in rows
    }


def wrong(
    stack: Stack, truth: Truth, consultations: tuple[str, ...], starts: dict[int, int]
) -> list[str]:
    """Compare everything with the naive recount; empty if all is well.

    Args:
        stack: At rest.
        truth: Of the messages from `starts` on.
        consultations: Those of the load.
        starts: Per partition of the votes, where the load began.
    """
    clickhouse = stack.clickhouse()
    return [
        *_compared("tally cells", truth.cells, cells(clickhouse, consultations)),
        *_compared("minute cells", truth.minutes, cells(clickhouse, consultations, by_minute=True)),
        *_compared("archive rows", truth.archive, _archive(clickhouse, consultations)),
        *_compared("accepted coordinates", truth.accepted, _accepted(clickhouse, starts)),
        *_compared("refused coordinates", truth.refused, _refused(clickhouse, starts)),
        *_gaps(truth, starts),
        *(
            f"SQL reconciliation: {row}"
            for row in stack.reconciliation(timeout=120)
            if row[4] != "equal"
        ),
    ]


def _compared(what: str, expected, found) -> Iterator[str]:
    if expected == found:
        return
    if isinstance(expected, dict):
        expected, found = (
            {(cell, tuple(sorted(counts.items()))) for cell, counts in side.items()}
            for side in (expected, found)
        )
    missing, surplus = sorted(expected - found), sorted(found - expected)
    yield (
        f"{what}: {len(missing)} missing, {len(surplus)} surplus,"
        f" e.g. expected {missing[:2]}, found {surplus[:2]}"
    )


def _lines(clickhouse: Client, sql: str, **parameters) -> list[str]:
    answer = clickhouse.raw_query(sql, parameters=parameters, fmt="TSV")
    return answer.decode().splitlines()


def _pairs(lines: list[str], starts: dict[int, int]) -> set[tuple[int, int]]:
    pairs = (tuple(map(int, line.split("\t"))) for line in lines)
    return {(partition, offset) for partition, offset in pairs if offset >= starts[partition]}


def _archive(clickhouse: Client, consultations: tuple[str, ...]) -> set[str]:
    lines = _lines(
        clickhouse,
        "SELECT consultation_id, proposal_id, country, choice, trust, qualifications,"
        " toString(cast_at), origin_partition, origin_offset FROM tutti.ballots FINAL"
        " WHERE consultation_id IN {wanted:Array(String)}",
        wanted=list(consultations),
    )
    return {*lines, *(["a row stands twice"] if len(set(lines)) < len(lines) else [])}


def _accepted(clickhouse: Client, starts: dict[int, int]) -> set[tuple[int, int]]:
    lines = _lines(
        clickhouse,
        "SELECT partition, million * 1000000 + arrayJoin(bitmapToArray(members)) FROM ("
        " SELECT partition, million, groupBitmapMergeState(offsets) AS members"
        " FROM tutti.accepted_offsets WHERE million >= {first:UInt64} GROUP BY partition, million)",
        first=min(starts.values()) // 1_000_000,
    )
    return _pairs(lines, starts)


def _refused(clickhouse: Client, starts: dict[int, int]) -> set[tuple[int, int]]:
    lines = _lines(
        clickhouse,
        "SELECT partition, offset FROM tutti.dead_letters FINAL WHERE topic = 'tutti.votes.v1'",
    )
    return _pairs(lines, starts)


def _gaps(truth: Truth, starts: dict[int, int]) -> Iterator[str]:
    """The load was the only sender, so its messages stand without a gap."""
    all_of_them = truth.accepted | truth.refused
    for partition, start in starts.items():
        offsets = [offset for found, offset in all_of_them if found == partition]
        if offsets and len(offsets) != max(offsets) + 1 - start:
            yield f"partition {partition}: {max(offsets) + 1 - start} records, {len(offsets)} sent"
