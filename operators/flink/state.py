"""Where the votes job keeps current ballots: on Java's heap, or in RocksDB on disk.

Both count the same. The heap is faster and bounds how many ballots there may be; RocksDB holds as
many as fit on the disk, in memory that does not grow. Checkpoints of one are not read as the other.
"""

from pathlib import Path
from typing import Final, Literal

StateKind = Literal["memory", "disk"]

WRITE_BUFFER_MB: Final = 128
"""Largest table in memory, of each state and task; all of them together stay within half of the
memory that RocksDB is given."""

BLOCK_KB: Final = 16
"""What is read at once. Half the index of Flink's default, 4 KiB, for reads of single keys."""


def state_settings(kind: StateKind, folder: Path, memory_mb: int) -> dict[str, str]:
    """Flink's settings of a kind of state.

    Args:
        kind: Heap or RocksDB.
        folder: Of this count's state.
        memory_mb: What RocksDB may use for blocks, index and write buffers, MiB, beside the heap.
    """
    return _disk(memory_mb) if kind == "disk" else _memory(folder)


def _memory(folder: Path) -> dict[str, str]:
    return {
        # A changelog makes a checkpoint of millions of ballots take 0.3 s instead of 10 s.
        "state.backend.type": "hashmap",
        "state.changelog.enabled": "true",
        "state.changelog.storage": "filesystem",
        "state.changelog.dstl.dfs.base-path": flink_path(folder / "changelog"),
    }


def _disk(memory_mb: int) -> dict[str, str]:
    return {
        "state.backend.type": "rocksdb",
        # A checkpoint copies new files only. A changelog would write all of it a second time, and
        # forbid savepoints (FLINK-40476).
        "execution.checkpointing.incremental": "true",
        "state.changelog.enabled": "false",
        "taskmanager.memory.managed.size": f"{memory_mb}m",
        "state.backend.rocksdb.memory.managed": "true",
        # Most votes are new: without filters each would look for its ballot of before in files.
        "state.backend.rocksdb.use-bloom-filter": "true",
        # What does not fit into the memory is index and filters of seldom read parts, not all.
        "state.backend.rocksdb.memory.partitioned-index-filters": "true",
        "state.backend.rocksdb.writebuffer.size": f"{WRITE_BUFFER_MB}mb",
        "state.backend.rocksdb.block.blocksize": f"{BLOCK_KB}kb",
        "state.backend.rocksdb.compression.per.level": "LZ4_COMPRESSION",
    }


def flink_path(path: Path) -> str:
    """A local path as Flink takes it: no URL, it would keep ``%20`` as part of a name."""
    return f"file://{path.resolve()}"
