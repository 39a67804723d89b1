"""ClickHouse alone, with all tables and views: enough to test views, in a few seconds."""

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
from typing import Any

from clickhouse_connect.driver.client import Client
from places import CHECKOUT

from infra.clickhouse import ClickHouseAwayError, connect
from infra.migrations import migrate
from infra.settings import Settings
from operators.core.tally import COUNTERS

PATIENCE_S = 60


@contextmanager
def clickhouse_alone(home: Path) -> Iterator[Settings]:
    """The local server on free ports, brought to this version."""
    settings = Settings(home=home, port_base=_free_base(), clickhouse_memory_mb=3072)
    environment = os.environ | {
        "TUTTI_HOME": str(home),
        "TUTTI_PORT_BASE": str(settings.port_base),
        "PYTHONPATH": str(CHECKOUT),
    }
    with (home / "clickhouse.log").open("ab") as log:
        command = [sys.executable, "-m", "infra.local.chserver"]
        process = subprocess.Popen(command, env=environment, stderr=log, cwd=home)
    try:
        migrate(_when_it_answers(settings, process))
        yield settings
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)


def insert_tallies(
    clickhouse: Client, rows: list[dict[str, Any]], *, epoch: int = 1, version: int = 1
) -> None:
    """Insert cells; counters that a row does not name are 0, country FR, trust trusted."""
    columns = ["consultation_id", "proposal_id", "country", "trust", *COUNTERS]
    blank = dict.fromkeys(COUNTERS, 0) | {"country": "FR", "trust": "trusted"}
    clickhouse.insert(
        "tallies",
        [[epoch, version, *((blank | row)[column] for column in columns)] for row in rows],
        column_names=["epoch", "version", *columns],
        database="tutti",
    )


def show_epoch(clickhouse: Client, epoch: int = 1) -> None:
    """Let the views show the rows of this epoch."""
    clickhouse.insert(
        "epochs", [[epoch, 1_780_000_000_000]], column_names=["epoch", "active_since"],
        database="tutti",
    )  # fmt: skip


def insert_proposals(
    clickhouse: Client, consultation: str, proposals: list[str], *, status: str = "accepted"
) -> None:
    """Insert proposals whose text is their id."""
    clickhouse.insert(
        "proposals",
        [
            [consultation, proposal, proposal, "en", "", "", status, 1_780_000_000_000, 0, n, 0]
            for n, proposal in enumerate(proposals)
        ],
        column_names=[
            "consultation_id", "proposal_id", "text", "language", "country", "author", "status",
            "submitted_ms", "origin_partition", "origin_offset", "origin_ms",
        ],
        database="tutti",
    )  # fmt: skip


def insert_consultation(
    clickhouse: Client,
    consultation: str,
    weights: dict[str, float] | None = None,
    *,
    rank_min_votes: int = 30,
    offset: int = 0,
) -> None:
    """Insert a consultation with the countries that take part and their weights."""
    weights = weights or {}
    clickhouse.insert(
        "consultations",
        [[
            consultation, consultation, list(weights), list(weights.values()), 60, rank_min_votes,
            0, offset, 0,
        ]],
        column_names=[
            "consultation_id", "title", "countries", "weights", "window_seconds",
            "rank_min_votes", "origin_partition", "origin_offset", "origin_ms",
        ],
        database="tutti",
    )  # fmt: skip


def _when_it_answers(settings: Settings, process: subprocess.Popen[bytes]) -> Client:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        assert process.poll() is None, (settings.home / "clickhouse.log").read_text()
        with suppress(ClickHouseAwayError):
            return connect(settings)
        assert time.monotonic() < deadline, "ClickHouse does not answer"
        time.sleep(0.1)


def _free_base() -> int:
    """Below the ephemeral ports: there a client that polls can connect to itself."""
    while True:
        base = random.SystemRandom().randrange(12_000, 31_000, 10)
        with suppress(OSError), socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", base + 1))
            two.bind(("127.0.0.1", base + 2))
            return base
