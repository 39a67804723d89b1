"""What one request may use: the engine's settings for operators and for analysts.

Sizes are shares of the engine's whole memory, so that one number (`ServerConfig.memory_mb`) moves
them all.
"""

from collections.abc import Collection
from dataclasses import dataclass

from infra.chdb_http.policy.allowlist import SYSTEM_DATABASES

MIB = 1024 * 1024
# Longer than what people and their tools write; checking it takes 0.1 s at most.
_ANALYST_STATEMENT_BYTES = 32 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one kind of client.

    Attributes:
        request_bytes: largest body, before and after decompression.
        statement_bytes: longest statement, in the URL and the body together; 0: what fits the body.
        running: requests that run at the same time.
        waiting: requests that may wait for their turn; the next is refused.
        settings: the engine's settings, set before anything the client sends. `max_result_bytes`
            bounds the answer as it is written, too.
    """

    request_bytes: int
    running: int
    waiting: int
    settings: dict[str, str]
    statement_bytes: int = 0


# For everyone. `async_insert` is on by default in 26.x and acknowledges before the data are
# stored; `implicit_select` exists only in the local engine; introspection shows the process. A
# format that waits for more rows to draw together (Pretty…) writes on a thread of its own, whose
# memory the engine counts for no query.
_COMMON = {
    "async_insert": "0",
    "implicit_select": "0",
    "allow_introspection_functions": "0",
    "output_format_pretty_squash_consecutive_ms": "0",
}


def operators(memory_mb: int, request_bytes: int) -> Limits:
    """Half of the memory for one query; sorting and grouping spill to disk before that."""
    half = memory_mb * MIB // 2
    spill = str(half // 2)
    settings = _COMMON | {
        "max_memory_usage": str(half),
        "max_bytes_before_external_group_by": spill,
        "max_bytes_before_external_sort": spill,
    }
    return Limits(request_bytes=request_bytes, running=6, waiting=64, settings=settings)


# Tables of the system that show the schema, and their column with the database's name.
_SCHEMA_TABLES = {
    "databases": "name",
    "tables": "database",
    "columns": "database",
    "parts": "database",
}


def analysts(memory_mb: int, published: Collection[str]) -> Limits:
    """A quarter of the memory, one thread, 30 s, bounded results, and nothing but reading.

    Args:
        memory_mb: the engine's whole memory, MiB.
        published: databases whose schema is shown, besides those of the system.
    """
    quarter = memory_mb * MIB // 4
    settings = _COMMON | {
        "max_memory_usage": str(quarter),
        "max_bytes_before_external_group_by": str(quarter // 2),
        "max_bytes_before_external_sort": str(quarter // 2),
        "max_temporary_data_on_disk_size_for_query": str(1024 * MIB),
        "max_threads": "1",
        "max_execution_time": "30",
        "max_result_rows": "1000000",
        "max_result_bytes": str(128 * MIB),
        "result_overflow_mode": "throw",
        "allow_ddl": "0",
        "additional_table_filters": _schema_filters(published),
        # Last: from here on the engine itself refuses to change a setting.
        "readonly": "1",
    }
    return Limits(
        request_bytes=_ANALYST_STATEMENT_BYTES,
        running=2,
        waiting=16,
        settings=settings,
        statement_bytes=_ANALYST_STATEMENT_BYTES,
    )


def _schema_filters(published: Collection[str]) -> str:
    """The schema of what is published only, whichever way it is asked for (SHOW included)."""
    names = ", ".join(rf"\'{name}\'" for name in (*published, *sorted(SYSTEM_DATABASES)))
    filters = ", ".join(
        f"'system.{table}': '{column} IN ({names})'" for table, column in _SCHEMA_TABLES.items()
    )
    return f"{{{filters}}}"
