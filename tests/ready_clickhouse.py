"""A ClickHouse with all tables and views, copied from one that was made once for all tests."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from infra.config.settings import Settings
from infra.local.ephemeral_clickhouse import ephemeral_clickhouse


@contextmanager
def ready_clickhouse(home: Path, memory_mb: int = 3072) -> Iterator[Settings]:
    """As `ephemeral_clickhouse`, without the ten seconds of CPU that its views cost.

    Args:
        home: Its folder, which is made if it is not there; the caller removes it.
        memory_mb: Its memory, MiB.
    """
    shutil.copytree(_made(), home, dirs_exist_ok=True, symlinks=True)
    with ephemeral_clickhouse(home, memory_mb) as settings:
        yield settings


def forget_the_made_one() -> None:
    """Remove what is copied: at the end of the session."""
    if _made.cache_info().currsize:
        shutil.rmtree(_made(), ignore_errors=True)
        _made.cache_clear()


@cache
def _made() -> Path:
    home = Path(tempfile.mkdtemp(prefix="tutti-clickhouse-"))
    with ephemeral_clickhouse(home):
        return home
