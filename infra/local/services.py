"""The services of the local stack: how each is started, and when it is ready.

A probe imports its client itself: ``tutti status`` waits for those of services that run, and for no
other.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlsplit

from infra.config.settings import Settings
from infra.service.heartbeat import last_beat
from infra.service.local_http import fetch
from operators.core.clock import system_clock
from operators.core.errors import TerminalError, TransientError

PROBE_S: Final = 2.0
CHECKPOINT_STALE_MS: Final = 60_000
PATIENCE_S: Final = 300
"""How long a service may take until it is ready: machines are busy. One that has ended is seen at
once."""
HANGS_MS: Final = 120_000
"""Without a heartbeat a service is busy for so long; then it hangs."""
COLLECTING_MS: Final = 500
"""Of a second, in garbage collection: more is not work any more."""

FLINK_HEAP: Final = "TUTTI_FLINK_HEAP_MB"
SEMANTICS_HEAP: Final = "TUTTI_SEMANTICS_HEAP_MB"


@dataclass(frozen=True, slots=True)
class Health:
    """What a probe found.

    Attributes:
        ready: Whether the service does its work.
        facts: For people, e.g. the age of the newest checkpoint.
        fault: What is wrong and will not mend itself by waiting, in a sentence.
        slow: It is there, and has not answered in time: a machine may be busy.
    """

    ready: bool
    facts: dict[str, Any]
    fault: str = ""
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """One supervised process.

    Attributes:
        name: As the supervisor, logs and messages call it.
        module: What ``python -m`` runs.
        port: Its port in `Settings`, if it listens.
        elsewhere: Its address, if the settings say that it runs elsewhere: then it is not
            started here, but must answer.
        stage: Parts of a lower stage are ready before those of a higher one start.
        probe: Finds out how the process of that pid is; must not raise.
        on_demand: It runs only while it is asked for.
        heap: The setting of its Java heap, if its data may fill that.
        lacks: What it cannot do without and is not there, in a sentence that says what to do: then
            it is not started, and the others are; empty if nothing.
    """

    name: str
    module: str
    stage: int
    probe: Callable[[Settings, int], Health]
    port: Callable[[Settings], int] | None = None
    on_demand: bool = False
    elsewhere: Callable[[Settings], str | None] = lambda _settings: None
    heap: str = ""
    lacks: Callable[[Settings], str] = lambda _settings: ""

    def address(self, settings: Settings) -> str:
        """Where it answers; empty if it does not listen."""
        here = f"127.0.0.1:{self.port(settings)}" if self.port else ""
        return self.elsewhere(settings) or here


def _kafka(settings: Settings, _pid: int) -> Health:
    from infra.kafka import client as kafka  # noqa: PLC0415

    try:
        topics = kafka.topics(settings, PROBE_S)
    except TransientError:
        return _silent(settings.brokers)
    except TerminalError as error:
        return Health(ready=False, facts={}, fault=str(error))
    return Health(ready=True, facts={"topics": len([t for t in topics if t.startswith("tutti.")])})


def _clickhouse(settings: Settings, _pid: int) -> Health:
    if settings.clickhouse_url is None:
        if _get(f"{settings.clickhouse}/ping") is None:
            return _silent(settings.clickhouse)
        return Health(ready=True, facts={})
    from infra.clickhouse.client import connect  # noqa: PLC0415

    try:
        connect(settings, timeout_s=int(PROBE_S)).close()
    except TransientError:
        return _silent(settings.clickhouse)
    except TerminalError as error:
        return Health(ready=False, facts={}, fault=str(error))
    return Health(ready=True, facts={})


def _redis(settings: Settings, _pid: int) -> Health:
    if settings.redis_url is None and settings.redis_password_file is None:
        # Without the client, whose import takes longer than everything else that is asked here.
        ready = _pong(settings.redis_port)
        return Health(ready=True, facts={}) if ready else _silent(settings.redis)
    from infra import redis  # noqa: PLC0415

    try:
        redis.ping(settings, timeout_s=PROBE_S)
    except TransientError:
        return _silent(settings.redis)
    except TerminalError as error:
        return Health(ready=False, facts={}, fault=str(error))
    return Health(ready=True, facts={})


def _pong(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), PROBE_S) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False


def _votes(settings: Settings, pid: int) -> Health:
    beat = last_beat(settings, "votes")
    own = beat.facts if beat is not None and beat.pid == pid else {}
    if "blocked" in own:
        return Health(ready=False, facts=own)
    found = _flink(settings, settings.flink_port, FLINK_HEAP)
    warning = {name: own[name] for name in ("warning",) if name in own}
    return replace(found, facts=warning | found.facts)


def _semantics(settings: Settings, _pid: int) -> Health:
    return _flink(settings, settings.semantics_port, SEMANTICS_HEAP)


def _no_encoder(settings: Settings) -> str:
    from models.manifest import read as read_manifest  # noqa: PLC0415

    try:
        read_manifest(settings.model)
    except TerminalError as error:
        return str(error)
    return ""


def _flink(settings: Settings, port: int, heap: str) -> Health:
    """Running, with a checkpoint completed by this run, lately; whether its heap is full."""
    from infra.flink.rest import FlinkRest  # noqa: PLC0415

    flink = FlinkRest(settings, port, PROBE_S)
    overview = flink.get("/jobs/overview")
    if not overview:
        return _silent(f"127.0.0.1:{port}")
    jobs = overview.get("jobs", [])
    running = [job["jid"] for job in jobs if job["state"] == "RUNNING"]
    if not running:
        return Health(ready=False, facts={"state": [job["state"] for job in jobs]})
    found = flink.get(f"/jobs/{running[0]}/checkpoints")
    newest = (found.get("latest") or {}).get("completed")
    if newest is None:
        return Health(ready=False, facts={"checkpoint": None})
    age_ms = system_clock() - newest["latest_ack_timestamp"]
    facts = {"checkpoint": newest["id"], "checkpoint_age_ms": age_ms}
    metric = "Status.JVM.GarbageCollector.All.TimeMsPerSecond"
    collecting = flink.get(f"/jobmanager/metrics?get={metric}")
    collecting_ms = sum(float(found["value"]) for found in collecting)
    if collecting_ms > COLLECTING_MS:
        # No fault: while it restores many ballots, a Java machine that is large enough does it too.
        facts["warning"] = (
            f"Java collects garbage {collecting_ms / 10:.0f} % of the time. If that lasts, its heap"
            f" is full: raise {heap}, then tutti down and tutti up."
        )
    return Health(ready=age_ms < CHECKPOINT_STALE_MS, facts=facts)


def _heartbeat(service: str) -> Callable[[Settings, int], Health]:
    def probe(settings: Settings, pid: int) -> Health:
        beat = last_beat(settings, service)
        if beat is None or beat.pid != pid:  # none yet, or the last one's
            return Health(ready=False, facts={})
        slow = beat.ready and not beat.healthy and beat.age_ms < HANGS_MS
        return Health(beat.healthy, {"heartbeat_age_ms": beat.age_ms, **beat.facts}, slow=slow)

    return probe


def _silent(address: str) -> Health:
    """Of a server that has not answered: slow where it still takes connections, else not there."""
    url = urlsplit(address if "//" in address else f"//{address.partition(',')[0]}")
    try:
        socket.create_connection((url.hostname or "", url.port or 0), PROBE_S).close()
    except OSError:
        return Health(ready=False, facts={})
    return Health(ready=False, facts={}, slow=True)


def _get(url: str) -> bytes | None:
    return fetch(url, PROBE_S)


SERVICES: Final[tuple[Service, ...]] = (
    Service(
        *("kafka", "infra.local.broker", 0, _kafka),
        port=lambda s: s.kafka_port,
        elsewhere=lambda s: s.kafka_brokers,
    ),
    Service(
        *("clickhouse", "infra.local.clickhouse_server", 0, _clickhouse),
        port=lambda s: s.clickhouse_port,
        elsewhere=lambda s: s.clickhouse_url,
    ),
    Service(
        *("redis", "infra.local.redis_server", 0, _redis),
        port=lambda s: s.redis_port,
        elsewhere=lambda s: s.redis_url,
    ),
    Service("intake", "pipelines.intake.main", 1, _heartbeat("intake")),
    Service(
        *("http_intake", "pipelines.http_intake.main", 1, _heartbeat("http_intake")),
        port=lambda s: s.http_intake_port,
    ),
    Service(
        *("votes", "pipelines.votes.main", 1, _votes),
        port=lambda s: s.flink_port,
        heap=FLINK_HEAP,
    ),
    Service(
        *("semantics", "pipelines.semantics.main", 1, _semantics),
        port=lambda s: s.semantics_port,
        heap=SEMANTICS_HEAP,
        lacks=_no_encoder,
    ),
    Service("sink", "pipelines.sink.main", 1, _heartbeat("sink")),
    Service("probe", "pipelines.verify.probe", 1, _heartbeat("probe"), lambda s: s.metrics_port),
    Service("periodic", "pipelines.periodic.main", 1, _heartbeat("periodic")),
    Service("groups", "pipelines.groups.main", 1, _heartbeat("groups")),
    Service("live", "pipelines.live.main", 1, _heartbeat("live"), lambda s: s.live_port),
    Service("rebuild", "pipelines.votes.rebuild", 1, _heartbeat("rebuild"), on_demand=True),
)
