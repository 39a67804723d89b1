"""What ``tutti status`` says of services, and its exit status."""

import pytest
from typer.testing import CliRunner

from infra.local import status as stack
from infra.local.status import ServiceStatus
from pipelines.cli.app import app
from pipelines.cli.screen import Screen
from pipelines.cli.status import draw_status, faults


def service(name: str, **more) -> ServiceStatus:
    known = {"state": "RUNNING", "ready": True, "address": "", "pid": 1, "memory_mb": 2_000,
             "lag": None, "facts": {}}  # fmt: skip
    return ServiceStatus(service=name, **(known | more))


@pytest.mark.parametrize(
    ("more", "code", "word"),
    [({}, 0, "yes"), ({"ready": False, "busy": True}, 0, "busy"), ({"ready": False}, 1, "no")],
)
def test_a_busy_service_is_not_said_to_be_not_ready(monkeypatch, more, code, word):
    found = [service("kafka"), service("votes", **more)]
    monkeypatch.setattr(stack, "status", lambda _settings: found)
    done = CliRunner().invoke(app, ["status"], env={"COLUMNS": "80"})
    assert done.exit_code == code
    [row] = [line for line in done.stdout.splitlines() if line.startswith("votes")]
    assert row.split()[:3] == ["votes", "running", word]


def test_what_is_wrong_is_a_sentence_of_its_own():
    found = [service("kafka", facts={"fault": "Kafka and we do not trust each other."})]
    assert faults(found) == ["kafka: Kafka and we do not trust each other."]
    assert faults([service("kafka")]) == []


@pytest.mark.parametrize("width", [80, 100, 160])
def test_service_and_readiness_stay_at_every_width(width, capsys):
    found = [
        service("clickhouse", address="https://clickhouse.a-long-name.example.org:8443", lag=12_345)
    ]
    Screen(width=width).print(draw_status(found))
    lines = capsys.readouterr().out.splitlines()
    assert {"service", "ready", "behind"} <= set(lines[1].split())
    assert {"clickhouse", "yes", "12,345"} <= set(lines[3].split())
    assert max(map(len, lines)) <= width
    assert "…" not in lines[3]
