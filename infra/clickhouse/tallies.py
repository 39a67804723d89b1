"""Reads the counts of the active epoch: cells, their sums, and single ones."""

from datetime import datetime
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.moments import as_of
from infra.clickhouse.state import ACTIVE_EPOCH
from operators.core.votes.tally import COUNTED_CHOICES, COUNTERS
from schemas.reserved import PROBE_CONSULTATION

Counts = tuple[int, ...]
"""The counters of a cell, in the order of `COUNTERS`."""

_COUNTERS: Final = ", ".join(COUNTERS)
_CELL: Final = "consultation_id, proposal_id, country, trust"
_PROBE: Final = (
    f"SELECT {_COUNTERS} FROM tutti.tallies FINAL"
    f" WHERE epoch = {ACTIVE_EPOCH} AND consultation_id = '{PROBE_CONSULTATION}'"
)
_HERE: Final = "WHERE consultation_id = {consultation:String}"


def cells(clickhouse: Client) -> dict[Any, Counts]:
    """All tallies: (consultation, proposal, country, trust) → counts."""
    return _cells(clickhouse, f"SELECT {_CELL}, {_COUNTERS} FROM tutti.cells")


def minute_cells(clickhouse: Client) -> dict[Any, Counts]:
    """All tallies per minute of `cast_at`: (consultation, proposal, country, trust, minute)."""
    return _cells(clickhouse, f"SELECT {_CELL}, minute, {_COUNTERS} FROM tutti.minute_cells")


def _cells(clickhouse: Client, sql: str) -> dict[Any, Counts]:
    rows = clickhouse.query(sql).result_rows
    keys = len(rows[0]) - len(COUNTERS) if rows else 0
    return {tuple(row[:keys]): tuple(row[keys:]) for row in rows}


def probe_counts(clickhouse: Client) -> Counts | None:
    """The probe's one cell, which every view leaves out: choices, then qualifications."""
    row = clickhouse.query(_PROBE).first_row
    return tuple(row) if row else None


def has_votes(clickhouse: Client, consultation: str) -> bool:
    """Whether a consultation has any, announced or not."""
    rows = clickhouse.query(
        f"SELECT 1 FROM tutti.cells {_HERE} LIMIT 1", parameters={"consultation": consultation}
    ).result_rows
    return bool(rows)


def counts_by_country(
    clickhouse: Client,
    consultation: str,
    proposal: str,
    series: dict[str, str],
    at: datetime | None = None,
) -> list[dict[str, Any]]:
    """The counters of a proposal, ``SERIES_COUNTER`` each, by country.

    Args:
        clickhouse: Any client that may read `tutti`.
        consultation: Its id.
        proposal: Its id.
        series: Name → condition on the cell's trust.
        at: As they stood then; None: now.
    """
    each = [(name, which, counter) for name, which in series.items() for counter in COUNTERS]
    sums = ", ".join(f"toUInt64(sumIf({c}, {which})) AS {name}_{c}" for name, which, c in each)
    known: dict[str, Any] = {"consultation": consultation, "proposal": proposal}
    return list(
        clickhouse.query(
            f"SELECT toString(country) AS country, {sums}"
            f" FROM {as_of('tutti.cells', at)} AS cells"
            f" {_HERE} AND proposal_id = {{proposal:String}} GROUP BY country ORDER BY country",
            parameters=known | ({"at": at} if at else {}),
        ).named_results()
    )


def counts_by_proposal(clickhouse: Client, consultation: str) -> list[tuple[Any, ...]]:
    """Id, hash and the counted choices of the trusted series of each proposal, by hash."""
    sums = ", ".join(f"sum({choice})" for choice in COUNTED_CHOICES)
    rows = clickhouse.query(
        f"SELECT proposal_id, cityHash64(proposal_id), {sums}"
        f" FROM tutti.cells {_HERE} AND trust != 'troll'"
        " GROUP BY proposal_id ORDER BY cityHash64(proposal_id)",
        parameters={"consultation": consultation},
    ).result_rows
    return [tuple(row) for row in rows]


def count_cells(clickhouse: Client, consultation: str, *, minutes: bool) -> int:
    """How many cells a consultation has, over all time or per minute."""
    [[cells]] = clickhouse.query(
        f"SELECT count() FROM {_view(minutes=minutes)} {_HERE}",
        parameters={"consultation": consultation},
    ).result_rows
    return int(cells)


def select_cells(
    clickhouse: Client,
    consultation: str,
    proposals: tuple[str, str],
    columns: str,
    *,
    minutes: bool,
) -> bytes:
    """Cells of a range of proposals, as ``RowBinary``: large answers are read in place.

    Args:
        clickhouse: Any client that may read `tutti`.
        consultation: Its id.
        proposals: The first and the last id, both included.
        columns: Expressions over the columns of a cell.
        minutes: Cells per minute of `cast_at` rather than over all time.
    """
    answer: bytes = clickhouse.raw_query(
        f"SELECT {columns} FROM {_view(minutes=minutes)} {_HERE}"
        " AND proposal_id BETWEEN {first:String} AND {last:String}",
        parameters={"consultation": consultation, "first": proposals[0], "last": proposals[1]},
        fmt="RowBinary",
    )
    return answer


def counted_proposals(clickhouse: Client, consultation: str, first: str) -> list[str]:
    """The proposals from an id on that have a cell: by primary key, so often as one likes."""
    answer = clickhouse.raw_query(
        f"SELECT proposal_id FROM tutti.tallies WHERE epoch = {ACTIVE_EPOCH}"
        " AND consultation_id = {consultation:String} AND proposal_id >= {first:String}",
        parameters={"consultation": consultation, "first": first},
        fmt="TSV",
    )
    return answer.decode().split()


def _view(*, minutes: bool) -> str:
    return "tutti.minute_cells" if minutes else "tutti.cells"
