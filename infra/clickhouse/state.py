"""The state that the sink keeps in ClickHouse: active epoch, positions, cuts, progress."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from clickhouse_connect.driver.client import Client

from infra.clickhouse.client import scalar
from infra.clickhouse.moments import as_of
from infra.clickhouse.tables import Inserter
from schemas.topics import TopicPartition

Stage = Literal["log", "intake", "started", "done"]
"""Whose offset a position is: the log's end, read by intake, started or done by the sink."""

Offsets = dict[TopicPartition, int]

ACTIVE_EPOCH: Final = "(SELECT max(epoch) FROM tutti.epochs)"
"""The count that is shown, as part of a statement."""

_PER_EPOCH: Final = ("tallies", "windows", "progress", "cuts")
"""The tables whose rows of former epochs are of no use; the history keeps its own."""


@dataclass(frozen=True, slots=True)
class ActiveCut:
    """The newest consistent cut of the active epoch.

    Attributes:
        epoch: The count.
        counted: Per partition of accepted votes, how many offsets are counted.
        as_of: Broker time of the newest vote counted.
        as_of_ms: The same, ms since 1970.
    """

    epoch: int
    counted: dict[int, int]
    as_of: datetime
    as_of_ms: int


class EpochProgress(NamedTuple):
    """How far a count is in one partition of accepted votes.

    Attributes:
        epoch: The count.
        partition: The partition.
        offset: Greatest offset counted.
        origin_ms: Broker time of the newest vote counted, ms since 1970.
    """

    epoch: int
    partition: int
    offset: int
    origin_ms: int


def active_epoch(clickhouse: Client) -> int:
    """The count that people see; 0 before the first."""
    return int(scalar(clickhouse, f"SELECT {ACTIVE_EPOCH}"))


def positions(clickhouse: Client, stage: Stage = "done") -> Offsets:
    """The next offset of a stage in each partition that it has reached."""
    rows = clickhouse.query(
        "SELECT topic, partition, next_offset FROM tutti.positions FINAL"
        " WHERE stage = {stage:String}",
        parameters={"stage": stage},
    ).result_rows
    return {(topic, partition): offset for topic, partition, offset in rows}


def all_written(clickhouse: Client, ends: Offsets) -> bool:
    """Whether the sink has written everything before these ends."""
    done = positions(clickhouse)
    return all(done.get(place, 0) >= end for place, end in ends.items())


def active_cut(clickhouse: Client, at: datetime | None = None) -> ActiveCut | None:
    """The cut that the boards show.

    Args:
        clickhouse: Any client that may read `tutti`.
        at: The cut that they showed then; None: now.
    """
    rows = clickhouse.query(
        "SELECT epoch, counted, as_of, toUnixTimestamp64Milli(as_of)"
        f" FROM {as_of('tutti.active_cut', at)}",
        parameters={"at": at} if at else None,
    ).result_rows
    return ActiveCut(*rows[0]) if rows else None


def counting_lags(clickhouse: Client, lagging_s: int) -> bool:
    """Whether votes wait and the newest one counted is older than so many seconds."""
    waiting = (
        "SELECT count() FROM tutti.active_cut"
        f" WHERE NOT quiescent AND as_of < now64(3) - INTERVAL {lagging_s:d} SECOND"
    )
    return bool(scalar(clickhouse, waiting))


def progress(clickhouse: Client) -> list[EpochProgress]:
    """How far every count is, as the votes job has reported."""
    rows = clickhouse.query(
        "SELECT epoch, partition, offset, origin_ms FROM tutti.progress FINAL"
    ).result_rows
    return [EpochProgress(*row) for row in rows]


def counted_votes(clickhouse: Client, epoch: int) -> int:
    """How many accepted votes a count has counted, over all partitions."""
    rows = clickhouse.query(
        "SELECT sum(offset + 1) FROM tutti.progress FINAL WHERE epoch = {epoch:UInt32}",
        parameters={"epoch": epoch},
    ).result_rows
    return int(rows[0][0])


def clustered_proposals(clickhouse: Client) -> int:
    """How many records of accepted proposals are clustered."""
    [[next_offset, known]] = clickhouse.query(
        "SELECT max(offset) + 1, count() FROM tutti.cluster_progress"
    ).result_rows
    return int(next_offset) if known else 0


def lag_of_new_clusterings(clickhouse: Client) -> int:
    """By how many offsets the newest clusterings of consultations are behind those shown."""
    lag = scalar(
        clickhouse,
        "SELECT sum(toInt64(furthest - newest)) FROM ("
        " SELECT max(offset) AS furthest, argMax(offset, epoch) AS newest"
        " FROM tutti.cluster_progress FINAL GROUP BY consultation_id)",
    )
    return int(lag)


class StateWriter:
    """Writes the state. Everything may be written twice: the tables keep the newest."""

    def __init__(self, clickhouse: Client) -> None:
        self._clickhouse = clickhouse
        self._inserter = Inserter(clickhouse)

    def positions(
        self,
        stages: dict[str, Offsets],
        *,
        offset_gaps: Offsets | None,
        newest_ms: Offsets | None,
        now_ms: int,
    ) -> None:
        """Write how far stages are, all at once; a smaller offset than before changes nothing.

        Args:
            stages: Next offset per partition, by name of the stage.
            offset_gaps: Offsets without a message, of the stage intake.
            newest_ms: Broker time of the newest record written, of the stage done.
            now_ms: When they were there.
        """
        gaps, newest = offset_gaps or {}, newest_ms or {}
        self._inserter.insert(
            "positions",
            (
                *("stage", "topic", "partition", "next_offset"),
                *("offset_gaps", "newest_ms", "written_at"),
            ),
            [
                [
                    *(stage, *place, offset),
                    gaps.get(place, 0) if stage == "intake" else 0,
                    newest.get(place, 0) if stage == "done" else 0,
                    now_ms,
                ]
                for stage, offsets in stages.items()
                for place, offset in offsets.items()
            ],
        )

    def cut(
        self,
        epoch: int,
        counted: dict[int, int],
        written: Offsets,
        *,
        quiescent: bool,
        as_of_ms: int,
        now_ms: int,
    ) -> None:
        """Write a consistent cut.

        Args:
            epoch: Of counting.
            counted: Per partition of accepted votes, how many offsets are counted.
            written: What the sink had written, at the moment the cut was complete.
            quiescent: Whether nothing was on its way.
            as_of_ms: Broker time of the newest vote counted.
            now_ms: When it was taken.
        """
        row: list[Any] = [
            epoch,
            counted,
            {f"{topic}/{partition}": offset for (topic, partition), offset in written.items()},
            int(quiescent),
            as_of_ms,
            sum(written.values()),
            now_ms,
        ]
        columns = ("epoch", "counted", "positions", "quiescent", "as_of", "number", "written_at")
        self._inserter.insert("cuts", columns, [row])

    def activate(self, epoch: int, now_ms: int) -> None:
        """Show another count from now on."""
        self._inserter.insert("epochs", ("epoch", "active_since"), [[epoch, now_ms]])

    def forget_before(self, epoch: int) -> Iterator[str]:
        """Remove the rows of former counts; yields each table when its rows are gone."""
        for table in _PER_EPOCH:
            former = f"tutti.{table} WHERE epoch < {epoch:d}"
            if self._clickhouse.query(f"SELECT 1 FROM {former} LIMIT 1").result_rows:
                self._clickhouse.command(f"DELETE FROM {former}")
                yield table
