"""The local ClickHouse alone, with all tables and views: for tests, benchmarks and documents."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.client import ClickHouseUnavailableError, connect
from infra.clickhouse.migrations import migrate
from infra.config.folders import CHECKOUT
from infra.config.settings import Settings
from operators.core.errors import TransientError

PATIENCE_S: Final = 300


@contextmanager
def ephemeral_clickhouse(home: Path, memory_mb: int = 3072) -> Iterator[Settings]:
    """The local server on free ports, brought to this version; it ends with the block.

    Args:
        home: Its folder, which must exist; the caller removes it.
        memory_mb: Its memory, MiB.

    Raises:
        TransientError: It does not answer; its log is in the folder.
    """
    settings = Settings(home=home, port_base=_free_base(), clickhouse_memory_mb=memory_mb)
    environment = os.environ | {
        "TUTTI_HOME": str(home),
        "TUTTI_PORT_BASE": str(settings.port_base),
        "TUTTI_CLICKHOUSE_MEMORY_MB": str(memory_mb),
        "PYTHONPATH": str(CHECKOUT),
    }
    with (home / "clickhouse.log").open("ab") as log:
        command = [sys.executable, "-m", "infra.local.clickhouse_server"]
        process = subprocess.Popen(command, env=environment, stderr=log, cwd=home)
    try:
        migrate(_when_it_answers(settings, process))
        yield settings
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


def _when_it_answers(settings: Settings, process: subprocess.Popen[bytes]) -> Client:
    deadline = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(ClickHouseUnavailableError):
            return connect(settings)
        time.sleep(0.1)
    raise TransientError(f"ClickHouse does not answer: see {settings.home / 'clickhouse.log'}.")


def _free_base() -> int:
    """Below the ephemeral ports: there a client that polls can connect to itself."""
    while True:
        base = random.SystemRandom().randrange(12_000, 31_000, 10)
        with suppress(OSError), socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", base + 1))
            two.bind(("127.0.0.1", base + 2))
            return base
