"""Debian's Prometheus as a process, with the configuration of this repository and other ports."""

import json
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
import yaml
from places import CHECKOUT

from infra.config.settings import Settings
from infra.grafana.build import built_files
from infra.local.free_ports import free_port_base

PATIENCE_S = 300
FOLDER = CHECKOUT / "infra" / "prometheus"
NAME = re.compile(r"\b(?:tutti|flink)_\w+")


def rules() -> list[dict[str, Any]]:
    """The alerts."""
    document = yaml.safe_load((FOLDER / "alerts.yml").read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


def expressions() -> dict[str, str]:
    """Where it stands → PromQL, of every alert and every panel."""
    found = {rule["alert"]: rule["expr"] for rule in rules()}
    for path, text in built_files().items():
        if path.suffix == ".json":
            board = json.loads(text)
            for panel in board["panels"]:
                for number, target in enumerate(panel.get("targets", [])):
                    if "expr" in target:
                        expression = target["expr"].replace("$__rate_interval", "1m")
                        found[f"{board['title']}: {panel['title']} {number}"] = expression
    return found


def named_metrics() -> set[str]:
    """The samples that alerts and panels name."""
    return {name for expression in expressions().values() for name in NAME.findall(expression)}


def configuration(settings: Settings, every: str = "1s") -> str:
    """The repository's configuration, for the ports and the folder of this stack."""
    text = (FOLDER / "prometheus.yml").read_text()
    replaced = {
        "127.0.0.1:18108": f"127.0.0.1:{settings.metrics_port}",
        "127.0.0.1:18101": f"127.0.0.1:{settings.clickhouse_port}",
        "../../var/secrets/clickhouse.password": json.dumps(
            str(settings.home / "secrets" / "clickhouse.password")
        ),
        "- alerts.yml": f"- {json.dumps(str(FOLDER / 'alerts.yml'))}",
        "interval: 15s": f"interval: {every}",
    }
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    return text


@dataclass(frozen=True)
class Prometheus:
    """A running one."""

    url: str

    def get(self, path: str, **parameters: str) -> Any:
        """The data of an answer of its HTTP interface."""
        url = f"{self.url}{path}?{urlencode(parameters)}"
        with urlopen(url, timeout=60) as answer:  # noqa: S310 - http, on this machine
            document = json.load(answer)
        assert document["status"] == "success", document
        return document["data"]

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """The series of an expression, now; an expression that is none is an HTTP error."""
        found: list[dict[str, Any]] = self.get("/api/v1/query", query=expression)["result"]
        return found

    def until_scraped(self, jobs: int = 2) -> None:
        """Wait until every job has answered."""
        deadline = time.monotonic() + PATIENCE_S
        while len(self.ask('up{job=~"tutti.*"} == 1')) < jobs:
            assert time.monotonic() < deadline, self.get("/api/v1/targets")["activeTargets"]
            time.sleep(0.2)


@contextmanager
def running_prometheus(settings: Settings, folder: Path) -> Iterator[Prometheus]:
    """Prometheus on a free port; it ends with the block. Skips where it is not installed."""
    program = shutil.which("prometheus")
    if not program:
        pytest.skip("needs Debian's package prometheus")
    config = folder / "prometheus.yml"
    config.write_text(configuration(settings))
    # Above the stack's own ports, of which this base has none.
    address = f"127.0.0.1:{free_port_base()}"
    command = [
        program, f"--config.file={config}", f"--storage.tsdb.path={folder / 'series'}",
        f"--web.listen-address={address}",
    ]  # fmt: skip
    log = folder / "prometheus.log"
    with log.open("wb") as kept:
        process = subprocess.Popen(command, stdout=kept, stderr=kept, cwd=folder)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            with suppress(URLError, ConnectionError), urlopen(f"http://{address}/-/ready"):
                break
            time.sleep(0.1)
        yield Prometheus(f"http://{address}")
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
