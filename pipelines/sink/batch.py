"""One batch on its way to ClickHouse: the last value per key, as lines of JSON.

The bytes are passed on undecoded, with the version spliced in behind the opening brace. That is
safe because intake and Flink wrote them; it must never be done with bytes from outside.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from infra.clickhouse.tables import RECORD_TABLES
from schemas.topics import (
    ACCEPTED_CONSULTATIONS,
    ACCEPTED_PROPOSALS,
    ACCEPTED_VOTES,
    ASSIGNMENTS,
    CLUSTER_EVENTS,
    CLUSTER_PROGRESS,
    CLUSTERS,
    DEAD_LETTERS,
    MANIFESTS,
    PROGRESS,
    SEMANTICS_OUTPUTS,
    TALLIES,
    VECTORS,
    WINDOWS,
    Topic,
)


def _tables(*topics: Topic) -> dict[str, str]:
    """Topic → table."""
    return {topic.name: RECORD_TABLES[topic.name] for topic in topics}


APPENDED: Final = _tables(
    ACCEPTED_CONSULTATIONS, ACCEPTED_PROPOSALS, DEAD_LETTERS, ACCEPTED_VOTES, CLUSTER_EVENTS
)
"""Topics whose records become rows as they are. The tables keep one row per key themselves."""

ARCHIVED: Final = (ACCEPTED_VOTES.name, DEAD_LETTERS.name)
"""Topics whose rows no board shows."""

COUNTED: Final = _tables(TALLIES, WINDOWS, PROGRESS)
"""What the votes job counts: its keys begin with the epoch."""

UPSERTED: Final = _tables(MANIFESTS, CLUSTERS, ASSIGNMENTS, VECTORS, CLUSTER_PROGRESS) | COUNTED
"""Topics whose records replace one another by key."""

# protects: progress is written after what it promises
WATERMARKS: Final = frozenset(_tables(PROGRESS, CLUSTER_PROGRESS).values())
"""Tables that tell how far others are: their rows come last."""

TOPICS: Final[tuple[Topic, ...]] = (
    ACCEPTED_CONSULTATIONS,
    ACCEPTED_PROPOSALS,
    DEAD_LETTERS,
    ACCEPTED_VOTES,
    TALLIES,
    WINDOWS,
    PROGRESS,
    MANIFESTS,
    *SEMANTICS_OUTPUTS,
)


class _Key(msgspec.Struct):
    """What is read of the key of a counted record."""

    epoch: int
    consultation_id: str = ""


_key: Final = msgspec.json.Decoder(_Key)


class Insert(NamedTuple):
    """Rows for one table, as lines of JSON."""

    table: str
    rows: int
    lines: bytes


@dataclass(slots=True)
class Batch:
    """Collects records; `inserts` gives what they come to.

    Attributes:
        min_epoch: Records of epochs before it are left out: nobody will see them any more.
    """

    min_epoch: int = 0
    _appended: dict[str, list[bytes]] = field(
        default_factory=lambda: {topic: [] for topic in APPENDED}
    )
    _upserted: dict[str, dict[bytes, tuple[int, bytes | None]]] = field(
        default_factory=lambda: {topic: {} for topic in UPSERTED}
    )

    def add(self, topic: str, offset: int, key: bytes, value: bytes | None) -> None:
        """Take one record. `offset` is its version: a key never leaves its partition."""
        latest = self._upserted.get(topic)
        if latest is not None:
            latest[key] = (offset, value)
        elif value is not None:
            self._appended[topic].append(value)

    @property
    def archived(self) -> int | None:
        """How many records wait for the archive; None if anything waits that people watch."""
        appended = self._appended.items()
        if any(self._upserted.values()) or any(rows for t, rows in appended if t not in ARCHIVED):
            return None
        return sum(len(self._appended[topic]) for topic in ARCHIVED)

    def inserts(self) -> tuple[list[Insert], list[Insert]]:
        """The inserts, turn by turn; those of a phase in any order, none of an empty table.

        What is a watermark of the others is the second phase.
        """
        rows = {table: self._appended[topic] for topic, table in APPENDED.items()} | {
            table: [_row(key, *record) for key, record in self._wanted(topic)]
            for topic, table in UPSERTED.items()
        }
        found = [Insert(table, len(rows), b"\n".join(rows)) for table, rows in rows.items() if rows]
        return (
            [insert for insert in found if insert.table not in WATERMARKS],
            [insert for insert in found if insert.table in WATERMARKS],
        )

    def consultations(self) -> set[str]:
        """The consultations whose tallies changed, read off the keys."""
        return {_key.decode(key).consultation_id for key in self._upserted[TALLIES.name]}

    def progress(self) -> list[bytes]:
        """The newest progress per partition, as JSON."""
        return [value for _, (_, value) in self._wanted(PROGRESS.name) if value]

    def retired_epochs(self) -> set[int]:
        """The epochs of which progress was taken back: they must never be shown."""
        records = self._upserted[PROGRESS.name].items()
        return {_epoch(key) for key, (_, value) in records if value is None}

    def _wanted(self, topic: str) -> list[tuple[bytes, tuple[int, bytes | None]]]:
        records = self._upserted[topic].items()
        if self.min_epoch <= 1 or topic not in COUNTED:  # there is none before it
            return list(records)
        return [(key, record) for key, record in records if _epoch(key) >= self.min_epoch]


def _epoch(key: bytes) -> int:
    return _key.decode(key).epoch


def _row(key: bytes, offset: int, value: bytes | None) -> bytes:
    """The row of a record; of a tombstone, the key marked as deleted."""
    if value is None:
        return b'{"version":%d,"is_deleted":1,%b' % (offset, key[1:])
    return b'{"version":%d,%b' % (offset, value[1:])
