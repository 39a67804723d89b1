"""The process of opinion groups, at low priority: counting comes first."""

import os
from threading import Event, Thread
from typing import Final

import structlog

from infra.clickhouse.client import ERRORS, ClickHouseUnavailableError, connect
from infra.config.settings import Settings
from infra.service.heartbeat import Heartbeat
from infra.service.logs import configure_logging
from infra.service.metrics import GROUPS
from infra.service.shutdown import stop_requested
from operators.core.clock import monotonic_ms
from operators.core.errors import TerminalError
from pipelines.groups.grouping import Grouping

NICE: Final = 10
POLL_S: Final = 0.5
UNAVAILABLE_S: Final = 2.0
READ_S: Final = 120
"""Longest wait for one answer of ClickHouse."""
LONGEST_MS: Final = 600_000
"""A run that takes longer hangs."""

log = structlog.get_logger()


class Worker:
    """Groups what has changed, again and again; starts anew when ClickHouse has been away.

    Attributes:
        last_ms: How long the newest run took; None: there was none.
        at_ms: When it was last seen alive, by a clock that never steps back.
    """

    def __init__(self, settings: Settings, stop: Event) -> None:
        self._settings, self._stop = settings, stop
        self.last_ms: int | None = None
        self.at_ms = monotonic_ms()

    def run(self) -> None:
        """Work until told to stop."""
        while not self._stop.is_set():
            try:
                grouping = Grouping(connect(self._settings, timeout_s=READ_S))
                while not self._stop.is_set():
                    self.at_ms = monotonic_ms()
                    worked = grouping.step()
                    self.last_ms = grouping.last_ms
                    if not worked:
                        self._stop.wait(POLL_S)
            except (*ERRORS, ClickHouseUnavailableError) as error:
                log.warning("clickhouse_unavailable", error=type(error).__name__)
                self.at_ms = monotonic_ms()
                self._stop.wait(UNAVAILABLE_S)


def main() -> None:
    """Run until told to stop; a run that is cut short is made anew after the next start."""
    settings = Settings()
    configure_logging("groups")
    os.nice(NICE)
    stop = stop_requested()
    worker = Worker(settings, stop)
    # Beside the heartbeat, which must not wait for a long run; it ends with the process.
    thread = Thread(target=worker.run, daemon=True, name="groups")
    thread.start()
    heartbeat = Heartbeat(settings, "groups", metrics=GROUPS)
    log.info("groups_started")
    while not stop.wait(POLL_S):
        if not thread.is_alive():
            raise TerminalError("Grouping ended with an error: see the log above.")
        if heartbeat.due():
            hangs = monotonic_ms() - worker.at_ms > LONGEST_MS
            heartbeat.beat(ready=not hangs, last_ms=worker.last_ms)
    log.info("groups_stopped")


if __name__ == "__main__":
    main()
