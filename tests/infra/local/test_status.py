"""Ready, busy or down: what a service's silence means."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from infra.config.settings import Settings
from infra.local import services, status
from infra.local.free_ports import PORTS, free_port_base
from infra.local.redis_server import executable
from infra.local.services import HANGS_MS, SERVICES, Health
from infra.local.supervisor import Process
from infra.service.heartbeat import STALE_MS, Heartbeat
from infra.service.waiting import wait_until
from operators.core.clock import system_clock

SERVERS = ("kafka", "clickhouse", "redis", "votes", "semantics")
BEATING = ("intake", "sink", "probe", "periodic", "groups", "live", "http_intake")


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    monkeypatch.setattr(services, "PROBE_S", 0.3)
    return Settings(home=tmp_path, port_base=20_000)


@pytest.fixture
def listening(settings) -> Iterator[Settings]:
    """Each server's port takes connections and nobody answers on them."""
    found = settings.model_copy(update={"port_base": free_port_base()})
    with ExitStack() as doors:
        for port in range(found.port_base, found.port_base + PORTS):
            door = doors.enter_context(socket.socket())
            door.bind(("127.0.0.1", port))
            door.listen()
        yield found


def look(settings: Settings, name: str) -> status.ServiceStatus:
    [service] = [service for service in SERVICES if service.name == name]
    return status._service_status(settings, service, Process("RUNNING", 4_242, ""), None)


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_that_takes_connections_and_does_not_answer_is_busy(listening, name):
    found = look(listening, name)
    assert (found.ready, found.busy) == (False, True)


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_that_takes_no_connections_is_not_ready(settings, name):
    with closing(socket.socket()) as nobody:  # bound, not listening: refuses every connection
        nobody.bind(("127.0.0.1", 0))
        found = look(settings.model_copy(update={"port_base": 1_024}), name)
    assert (found.ready, found.busy) == (False, False)


@pytest.mark.parametrize("name", BEATING)
@pytest.mark.parametrize(
    ("age_ms", "claimed", "expected"),
    [
        (0, True, (True, False)),
        (STALE_MS + 1_000, True, (False, True)),
        (HANGS_MS + 1_000, True, (False, False)),
        (0, False, (False, False)),
        (STALE_MS + 1_000, False, (False, False)),
    ],
)
def test_a_late_heartbeat_is_busy_and_a_very_late_one_is_not(
    settings, name, age_ms, claimed, expected
):
    settings.run.mkdir()
    beat = {"pid": 4_242, "at_ms": system_clock() - age_ms, "ready": claimed}
    (settings.run / f"{name}.heartbeat.json").write_text(json.dumps(beat))
    found = look(settings, name)
    assert (found.ready, found.busy) == expected


def test_a_redis_that_answers_is_ready(settings, tmp_path):
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    server = subprocess.Popen([executable(), *options], cwd=tmp_path, stdout=subprocess.DEVNULL)
    ours = settings.model_copy(update={"port_base": port - 5})
    try:
        assert wait_until(lambda: look(ours, "redis").ready, timeout_s=60, every_s=0.1)
    finally:
        server.terminate()
        server.wait()


def test_nothing_that_is_stopped_is_busy(settings):
    found = status.status(settings)
    assert {service.service for service in found} == {*SERVERS, *BEATING}
    assert not any(service.ready or service.busy for service in found)


def test_what_the_votes_job_warns_of_is_shown_beside_what_flink_says(settings, monkeypatch):
    checkpoint = Health(ready=True, facts={"checkpoint": 7})
    monkeypatch.setattr(services, "_flink", lambda *_: checkpoint)
    Heartbeat(settings, "votes").beat(ready=True, warning="ballots are elsewhere")
    probe = next(service.probe for service in SERVICES if service.name == "votes")
    assert probe(settings, os.getpid()).facts == {
        "checkpoint": 7,
        "warning": "ballots are elsewhere",
    }
    # Of another process, that is over.
    assert probe(settings, os.getpid() + 1).facts == {"checkpoint": 7}
