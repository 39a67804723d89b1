"""One real stack for all tests of this folder: own folder, free ports, removed afterwards."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from clickhouse_connect.driver.client import Client

from infra.clickhouse.client import connect
from infra.config.settings import Settings
from infra.local.free_ports import free_port_base
from infra.local.supervisor import Supervisor
from pipelines.verify.sync import await_clusters, sync


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/stack" in str(item.path):
            item.add_marker(pytest.mark.stack)
    # Real consultations last: they make the log long, and every recount of it thereafter.
    items.sort(key=lambda item: "tests/stack/test_polis" in str(item.path))


LOG_LINES = 40


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """A test that fails shows how the logs of its stack end: they are removed with it."""
    report = yield
    found = getattr(item, "funcargs", {}).get("stack")
    if report.failed and isinstance(found, Stack):
        for name, text in found.last_words().items():
            report.sections.append((f"log of {name}", text))
    return report


@dataclass(frozen=True)
class Stack:
    """A running stack and the command line that belongs to it."""

    settings: Settings

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "TUTTI_HOME": str(self.settings.home),
            "TUTTI_PORT_BASE": str(self.settings.port_base),
            # Only the tests of the probe want its votes among theirs.
            "TUTTI_PROBE_SECONDS": "0",
        }

    def run(
        self, *arguments: str, data: bytes | None = None, code: int = 0, seconds: int = 600
    ) -> str:
        """Run ``tutti`` and return its output; the exit status must be `code`."""
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.cli.main", *arguments],
            env=self.environment,
            input=data,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
        output = done.stdout.decode()
        printed = f"{output}\n{done.stderr.decode()}"
        assert done.returncode == code, f"{arguments} ended with {done.returncode}\n{printed}"
        return output

    def errors(self, *arguments: str, code: int = 1) -> str:
        """Run ``tutti`` and return what it says on standard error."""
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.cli.main", *arguments],
            env=self.environment,
            capture_output=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == code, done.stderr.decode()
        return done.stderr.decode()

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self.run(*arguments, "--json", code=code, seconds=900))

    def clickhouse(self, *, analyst: bool = False) -> Client:
        return connect(self.settings, analyst=analyst)

    def rows(self, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Rows as an analyst gets them."""
        answer = self.clickhouse(analyst=True).query(sql, parameters=parameters)
        return [tuple(row) for row in answer.result_rows]

    def sync(self, timeout: int = 180) -> None:
        sync(self.settings, timeout)

    def sync_clusters(self) -> None:
        """Wait until all that was sent is clustered, too, however often the job is restarted."""
        self.sync()
        deadline = time.monotonic() + 300
        # A job that is being restarted is not waited for: ask again.
        while await_clusters(self.settings, 60):
            assert time.monotonic() < deadline, "clustering does not catch up"
            time.sleep(0.2)

    def reconciliation(self, timeout: int = 60) -> list[tuple[str, str, int, int, str]]:
        """The rows of `marts.reconciliation`, once nothing is on its way any more."""
        deadline = time.monotonic() + timeout
        while True:
            rows = self.rows(
                "SELECT check, subject, expected, found, verdict FROM marts.reconciliation"
            )
            if all(row[4] != "pending" for row in rows) or time.monotonic() > deadline:
                return rows
            time.sleep(0.2)

    def pid(self, service: str) -> int:
        return Supervisor(self.settings).processes()[service].pid

    def kill(self, service: str) -> None:
        """``kill -9`` of a service with all its children."""
        process = psutil.Process(self.pid(service))
        children = process.children(recursive=True)
        process.kill()  # before its children: without them it may end by itself
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()

    def last_words(self) -> dict[str, str]:
        """How the log of each service ends."""
        return {
            log.stem: "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:])
            for log in sorted(self.settings.logs.glob("*.log"))
        }

    def tear_down(self) -> None:
        self.run("down")
        shutil.rmtree(self.settings.home.parent, ignore_errors=True)


def new_stack() -> Stack:
    # With spaces, as folders of people have them.
    folder = Path(tempfile.mkdtemp(prefix="tutti test "))
    return Stack(Settings(home=folder / "home", port_base=free_port_base()))


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    made = new_stack()
    try:
        made.run("up")
        yield made
    finally:
        made.tear_down()
