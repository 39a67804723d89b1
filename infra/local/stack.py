"""The local stack as a whole: up, down, reset."""

import fcntl
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from infra.clickhouse.client import connect
from infra.clickhouse.migrations import migrate
from infra.config.secrets import pseudonym_key, read_secret
from infra.config.settings import Settings
from infra.config.sources import dated_rules
from infra.flink.tls import make_identity
from infra.kafka import client as kafka
from infra.local.epochs import read_rebuild_record
from infra.local.services import PATIENCE_S, SERVICES, Health, Service
from infra.local.supervisor import Supervisor, end_orphans, log_tail
from infra.service.waiting import wait_until
from operators.core.errors import TerminalError, TransientError, TuttiError
from operators.core.wording import number_of

Say = Callable[[str], None]

POLL_S: Final = 0.2
MAX_CRASHES: Final = 3
OUT_OF_MEMORY: Final = "java.lang.OutOfMemoryError"
ELSEWHERE_S: Final = 15.0


class NotReadyError(TuttiError):
    """A service is not ready in time.

    Attributes:
        service: Its name.
        tail: The end of its log.
    """

    def __init__(self, service: Service, tail: str) -> None:
        self.service = service.name
        self.tail = tail
        why = "the end of its log is above."
        if service.heap and OUT_OF_MEMORY in tail:
            why = (
                f"its heap is too small for its data. Raise {service.heap}, then tutti down and"
                " tutti up: nothing is lost."
            )
        super().__init__(f"{service.name} does not become ready: {why}")


def up(settings: Settings, say: Say) -> None:
    """Start what does not run and wait until all is ready. Safe to repeat.

    Raises:
        TerminalError: A port is taken, or the data are of another version.
        TransientError: A server elsewhere does not answer; a TerminalError: it refuses us.
        NotReadyError: A service does not become ready.
    """
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Better now than in the log of a service that starts again and again.
    pseudonym_key(settings)
    make_identity(settings)
    dated_rules(settings)
    for secret, setting in settings.password_files():
        read_secret(secret, setting)
    with _one_at_a_time(settings):
        _up(settings, say)


def _up(settings: Settings, say: Say) -> None:
    supervisor = Supervisor(settings)
    if not supervisor.alive:
        # protects: what lost its supervisor is ended before anything starts
        left = end_orphans(settings)
        if left:
            say(
                f"ended {number_of(left, 'process', 'processes')} left by a supervisor that is gone"
            )
        _check_ports(settings)
        supervisor.launch()
    if read_rebuild_record(settings).rebuilding:
        supervisor.start("rebuild")  # it had not ended when the stack was stopped
    always = []
    for service in (service for service in SERVICES if not service.on_demand):
        lack = service.lacks(settings)
        if lack:
            say(f"{service.name} is not started. {lack}")
        else:
            always.append(service)
    for stage in sorted({service.stage for service in always}):
        services = [service for service in always if service.stage == stage]
        _start(settings, supervisor, services, say)
        if stage == 0:
            kafka.create_topics(settings)
            for file in migrate(connect(settings)):
                say(f"applied {file}")


def _start(settings: Settings, supervisor: Supervisor, services: list[Service], say: Say) -> None:
    here = [service for service in services if not service.elsewhere(settings)]
    for service in here:
        supervisor.start(service.name)
    for service in services:
        if service in here:
            _await(settings, supervisor, service)
        else:
            _await_elsewhere(settings, service)
        say(f"{service.name} is ready{_at(settings, service)}")


def down(settings: Settings) -> bool:
    """Stop everything and keep the data; returns whether anything ran."""
    if not settings.home.exists():
        return False
    with _one_at_a_time(settings):
        return _down(settings)


def _down(settings: Settings) -> bool:
    supervisor = Supervisor(settings)
    ran = supervisor.alive
    if ran:
        supervisor.shut_down()
    ran = bool(end_orphans(settings)) or ran
    shutil.rmtree(settings.socket_dir, ignore_errors=True)
    return ran


@contextmanager
def stopped(settings: Settings, say: Say) -> Iterator[None]:
    """Nothing runs within the block, and nobody can start it; afterwards it runs if it did before.

    Raises:
        TuttiError: As `up`.
    """
    with _one_at_a_time(settings):
        ran = Supervisor(settings).alive
        if ran:
            say("stopping the stack meanwhile")
        _down(settings)
        try:
            yield
        finally:
            if ran:
                _up(settings, say)


def reset(settings: Settings) -> None:
    """Stop everything and remove the data, the pseudonym key included."""
    down(settings)
    shutil.rmtree(settings.home, ignore_errors=True)


def _await(settings: Settings, supervisor: Supervisor, service: Service) -> None:
    """Wait until a service is ready; not for long if it dies again and again."""
    states = ["STARTING"]
    crashes = 0

    def ready_or_hopeless() -> bool:
        nonlocal crashes
        process = supervisor.processes()[service.name]
        crashes += process.state == "BACKOFF" != states[-1]
        states.append(process.state)
        health = service.probe(settings, process.pid) if process.state == "RUNNING" else None
        if health and "blocked" in health.facts:
            raise TerminalError(f"{service.name} does not start. {health.facts['blocked']}")
        return bool(health and health.ready) or crashes == MAX_CRASHES

    in_time = wait_until(ready_or_hopeless, PATIENCE_S, POLL_S)
    if not in_time or crashes == MAX_CRASHES:
        raise NotReadyError(service, log_tail(settings, service.name))


def _await_elsewhere(settings: Settings, service: Service) -> None:
    """A server elsewhere is not ours to start: it must answer now, or soon."""

    def ready_or_faulty() -> Health | None:
        health = service.probe(settings, 0)
        return health if health.ready or health.fault else None

    found = wait_until(ready_or_faulty, ELSEWHERE_S, POLL_S)
    if found is None:
        raise TransientError(
            f"{service.name} at {service.address(settings)} does not answer: is it up, and is the"
            " address right?"
        )
    if found.fault:
        raise TerminalError(found.fault)


def _ports(settings: Settings) -> list[int]:
    """What the services that run here listen on."""
    here = [service for service in SERVICES if not service.elsewhere(settings)]
    ports = [service.port(settings) for service in here if service.port]
    more = {"clickhouse": settings.analyst_port, "kafka": settings.kafka_controller_port}
    return ports + [more[service.name] for service in here if service.name in more]


def _check_ports(settings: Settings) -> None:
    used = []
    for port in _ports(settings):
        with socket.socket() as probe:
            # As the servers do: a port in TIME_WAIT is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                used.append(port)
    if used:
        listed = ", ".join(map(str, used))
        raise TerminalError(
            f"Another program uses port {listed}: set TUTTI_PORT_BASE so that eleven are free."
        )


def _at(settings: Settings, service: Service) -> str:
    address = service.address(settings)
    elsewhere = " (external)" if service.elsewhere(settings) else ""
    return f" at {address}{elsewhere}" if address else ""


@contextmanager
def _one_at_a_time(settings: Settings) -> Iterator[None]:
    """Two ``tutti up`` at once: the second waits and finds everything running."""
    with (settings.home / "stack.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
