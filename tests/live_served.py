"""The live service as a process of its own, over a ClickHouse alone: no Kafka, Flink and Redis."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from clickhouse_connect.driver.client import Client
from clickhouse_server import show_epoch
from places import CHECKOUT
from ready_clickhouse import ready_clickhouse

from infra.clickhouse.client import connect
from infra.config.settings import Settings

PATIENCE_S = 300


class Served:
    """A running live service.

    Attributes:
        settings: With its ports and folder.
        clickhouse: A client that may write what it shows.
        base: Address of its pages.
    """

    def __init__(self, settings: Settings, clickhouse: Client, chosen: dict[str, str]) -> None:
        self.settings, self.clickhouse, self._chosen = settings, clickhouse, chosen
        self.base = f"http://127.0.0.1:{settings.live_port}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until it answers."""
        environment = os.environ | {
            "TUTTI_HOME": str(self.settings.home),
            "TUTTI_PORT_BASE": str(self.settings.port_base),
            "PYTHONPATH": str(CHECKOUT),
            **self._chosen,
        }
        with (self.settings.home / "live.log").open("ab") as log:
            command = [sys.executable, "-m", "pipelines.live.main"]
            self._process = subprocess.Popen(command, env=environment, stderr=log, stdout=log)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            with suppress(URLError, ConnectionError), urlopen(f"{self.base}/", timeout=30):  # noqa: S310
                return
            assert self._process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.1)

    def kill(self) -> None:
        """End it as a crash would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE_S)

    @property
    def log(self) -> str:
        return (self.settings.home / "live.log").read_text(errors="replace")

    def get(self, path: str) -> bytes:
        """An answer's content."""
        with urlopen(f"{self.base}{path}", timeout=60) as answer:  # noqa: S310 - of this machine
            found: bytes = answer.read()
            return found


@contextmanager
def served(**settings: str) -> Iterator[Served]:
    """A ClickHouse with all views and a live service before it, both ended with the block."""
    home = Path(tempfile.mkdtemp(prefix="tutti-served-"))
    try:
        with ready_clickhouse(home) as found:
            clickhouse = connect(found)
            show_epoch(clickhouse)
            made = Served(found, clickhouse, settings)
            try:
                made.start()
                yield made
            finally:
                made.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)
