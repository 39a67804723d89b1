"""Reconciliation: does ClickHouse say what the log says, cell by cell?"""

from dataclasses import dataclass
from typing import Any, Final, Literal

from infra.clickhouse.client import connect
from infra.clickhouse.messages import accepted_votes, rejected_votes
from infra.clickhouse.tallies import cells, minute_cells
from infra.config.settings import Settings
from infra.kafka import client as kafka
from operators.core.errors import TerminalError
from pipelines.verify.recount import Counts, is_probe, recount
from pipelines.verify.sync import sync
from schemas.topics import VOTES

Verdict = Literal["equal", "pending", "different"]

EXAMPLES: Final = 10
_SEVERITY: Final[tuple[Verdict, ...]] = ("equal", "pending", "different")


@dataclass(frozen=True, slots=True)
class Difference:
    """One cell that differs; counts in the order of `COUNTERS`, None where it is absent."""

    table: str
    cell: tuple[Any, ...]
    log: Counts | None
    clickhouse: Counts | None


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison."""

    name: str
    expected: int
    found: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The verdict of all checks; `pending` only if votes arrived meanwhile."""

    verdict: Verdict
    checks: list[Check]
    differences: list[Difference]


def reconcile(settings: Settings, timeout_s: float) -> Reconciliation:
    """Recount the log and compare.

    Raises:
        TransientError: The stack has not caught up in time.
        TerminalError: The beginning of the log is gone, so that it cannot be recounted.
    """
    synced = sync(settings, timeout_s)
    reader = kafka.consumer(settings, "tutti-reconcile")
    try:
        log = kafka.watermarks(reader, VOTES)
    finally:
        reader.close()
    if any(start for start, _ in log.values()):
        raise TerminalError(
            "The beginning of tutti.votes.v1 is past its retention: the log alone no longer tells."
        )
    cut = {p: (start, synced.input_ends[VOTES.name, p]) for p, (start, _) in log.items()}
    counted = recount(settings, cut)
    clickhouse = connect(settings)
    tables: dict[str, tuple[dict[Any, Counts], dict[Any, Counts]]] = {
        "tallies": (counted.cells(), cells(clickhouse)),
        "windows": (counted.minutes, minute_cells(clickhouse)),
    }
    # Votes that arrived since are in ClickHouse and not in the recount.
    quiet = _only_probes_since(settings, {p: end for p, (_, end) in cut.items()})
    differences = [
        Difference(table, cell, log_cells.get(cell), found_cells.get(cell))
        for table, (log_cells, found_cells) in tables.items()
        for cell in sorted(log_cells.keys() | found_cells.keys())
        if log_cells.get(cell) != found_cells.get(cell)
    ]
    checks = [
        _check(
            f"{table}: cells equal to the recount",
            len(log_cells.keys() | found_cells.keys()),
            len(log_cells.keys() | found_cells.keys())
            - sum(difference.table == table for difference in differences),
            quiet=quiet,
        )
        for table, (log_cells, found_cells) in tables.items()
    ]
    ends = {p: end for p, (_, end) in cut.items()}
    for name, expected, found in (
        ("accepted", counted.accepted, accepted_votes(clickhouse, ends)),
        ("rejected", counted.rejected, rejected_votes(clickhouse, ends)),
    ):
        checks += [
            _check(f"messages {name}, partition {p}", expected[p], found.get(p, 0), quiet=quiet)
            for p in sorted(expected)
        ]
    worst = max((check.verdict for check in checks), key=_SEVERITY.index)
    return Reconciliation(worst, checks, differences[:EXAMPLES])


def _check(name: str, expected: int, found: int, *, quiet: bool) -> Check:
    if not quiet:
        return Check(name, expected, found, "pending")
    return Check(name, expected, found, "equal" if expected == found else "different")


def _only_probes_since(settings: Settings, ends: dict[int, int]) -> bool:
    """Whether nothing was sent behind some offsets, except what is counted nowhere."""
    now = kafka.ends(kafka.admin(settings), [(VOTES.name, p) for p in ends])
    return all(
        is_probe(message.value(), message.timestamp()[1])
        for partition, end in ends.items()
        if now[VOTES.name, partition] > end
        for message in kafka.read_range(settings, VOTES, partition, end, now[VOTES.name, partition])
    )
