"""How each service of the local stack is, for people and programs that look on."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import psutil

from infra.config.settings import Settings
from infra.local.services import SERVICES, Service
from infra.local.supervisor import Process, Supervisor

_ENDED: Final = Process("STOPPED", 0, "")


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """One line of ``tutti status``.

    Attributes:
        busy: It is there, and has not answered in time.
    """

    service: str
    state: str
    ready: bool
    address: str
    pid: int
    memory_mb: int
    lag: int | None
    facts: dict[str, Any]
    busy: bool = False


def status(settings: Settings) -> list[ServiceStatus]:
    """How each service is."""
    supervisor = Supervisor(settings)
    processes = supervisor.processes() if supervisor.alive else {}
    lags = _lags(settings) if processes else {}
    services = [
        service
        for service in SERVICES
        if not service.on_demand or processes.get(service.name, _ENDED).state == "RUNNING"
    ]
    # At once: services that are slow do not add up.
    with ThreadPoolExecutor(len(services)) as pool:
        return list(
            pool.map(
                lambda service: _service_status(
                    settings, service, processes.get(service.name), lags.get(service.name)
                ),
                services,
            )
        )


def _service_status(
    settings: Settings, service: Service, process: Process | None, lag: int | None
) -> ServiceStatus:
    health = None
    if service.elsewhere(settings):
        process = None
        health = service.probe(settings, 0)
    elif process is not None and process.state == "RUNNING":
        health = service.probe(settings, process.pid)
    return ServiceStatus(
        service=service.name,
        state=_state(settings, service, process),
        ready=bool(health and health.ready),
        address=service.address(settings),
        pid=process.pid if process else 0,
        memory_mb=_memory_mb(process.pid) if process and process.pid else 0,
        lag=lag,
        busy=bool(health and health.slow),
        facts=(health.facts | ({"fault": health.fault} if health.fault else {})) if health else {},
    )


def _state(settings: Settings, service: Service, process: Process | None) -> str:
    if service.elsewhere(settings):
        return "EXTERNAL"
    return process.state if process else "STOPPED"


def _memory_mb(pid: int) -> int:
    """Resident memory of a process and its children, MiB."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(member.memory_info().rss for member in family) >> 20
    except psutil.NoSuchProcess:
        return 0


def _lags(settings: Settings) -> dict[str, int]:
    from infra.clickhouse.client import (  # noqa: PLC0415 - only where something runs
        ERRORS,
        ClickHouseUnavailableError,
        connect,
    )

    try:
        found = connect(settings, timeout_s=5).query(
            "SELECT stage, sum(greatest(lag, 0)) FROM marts.freshness GROUP BY stage"
        )
    except (*ERRORS, ClickHouseUnavailableError):
        return {}
    return {stage: int(lag) for stage, lag in found.result_rows}
