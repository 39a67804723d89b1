"""The process that works at ticks, at low priority: counting comes first."""

import os
from threading import Thread
from typing import Final

import structlog
from clickhouse_connect.driver.client import Client
from tenacity import retry, retry_if_exception_type, wait_fixed

from infra.clickhouse.client import ClickHouseUnavailableError, connect
from infra.config.settings import Settings
from infra.service.heartbeat import Heartbeat
from infra.service.logs import configure_logging
from infra.service.metrics import PERIODIC
from infra.service.shutdown import stop_requested
from operators.core.clock import system_clock
from operators.core.errors import TerminalError
from pipelines.periodic.scheduler import Scheduler
from pipelines.periodic.tasks import TASKS

NICE: Final = 10
POLL_S: Final = 0.5
STEP_S: Final = 300
"""Longest wait for one answer of ClickHouse."""
LONGEST_MS: Final = 600_000
"""A tick that has been worked on for longer hangs."""

log = structlog.get_logger()


@retry(retry=retry_if_exception_type(ClickHouseUnavailableError), wait=wait_fixed(1.0))
def _connect(settings: Settings) -> Client:
    return connect(settings, timeout_s=STEP_S)


def main() -> None:
    """Run until told to stop; a task that is cut short is repeated after the next start."""
    settings = Settings()
    configure_logging("periodic")
    os.nice(NICE)
    stop = stop_requested()
    scheduler = Scheduler(TASKS, lambda: _connect(settings), system_clock)

    def work() -> None:
        while True:
            scheduler.step()
            stop.wait(POLL_S)

    # Beside the heartbeat, which must not wait for a slow task; it ends with the process.
    worker = Thread(target=work, daemon=True, name="ticks")
    worker.start()
    heartbeat = Heartbeat(settings, "periodic", metrics=PERIODIC)
    log.info("minutely_started", tasks=[task.name for task in TASKS])
    while not stop.wait(POLL_S):
        if not worker.is_alive():
            raise TerminalError("The work at ticks ended with an error: see the log above.")
        if heartbeat.due():
            since_ms = scheduler.since_ms
            hangs = since_ms is not None and system_clock() - since_ms > LONGEST_MS
            heartbeat.beat(ready=not hangs, tick_ms=scheduler.newest_ms)
    log.info("minutely_stopped")


if __name__ == "__main__":
    main()
