"""The runner: what every service does around its work: settings, logs, stop signals, heartbeat.

A service is an object with a `step`. The runner calls it again and again until the process is asked
to stop, and says meanwhile that the process is alive. Work of which one step may take longer than a
heartbeat may be late runs in a thread beside the heartbeat: see `longest_step_s`.
"""

import os
from collections.abc import Callable
from threading import Event, Thread
from typing import Any, Final, Protocol

import structlog

from infra.config.settings import Settings
from infra.service.heartbeat import Heartbeat
from infra.service.logs import configure_logging
from infra.service.metric_types import Source
from infra.service.shutdown import stop_requested
from operators.core.clock import Clock, monotonic_ms
from operators.core.errors import TerminalError

POLL_S: Final = 0.5
"""How often the heartbeat looks at work that runs in a thread of its own."""

log = structlog.get_logger()


class Work(Protocol):
    """What a service does, without its process."""

    def step(self) -> float:
        """Do one piece of work; returns how long to wait before the next one, s; 0: not at all."""

    def beat(self) -> dict[str, Any]:
        """What the heartbeat says, about once a second: ``ready``, and facts for people."""

    def close(self) -> None:
        """Finish what was begun, because the process ends."""


def run(
    service: str,
    build: Callable[[Settings], Work],
    *,
    metrics: Source,
    nice: int = 0,
    longest_step_s: float | None = None,
) -> None:
    """Run a service until it is asked to stop; an error ends the process, which is started anew.

    Args:
        service: Its name in logs, metrics and the supervisor.
        build: Makes the work; it may wait until what it needs is there.
        metrics: The metrics that the heartbeat writes.
        nice: How far it gives way to counting.
        longest_step_s: A step that takes longer hangs; the work then has a thread of its own. None:
            steps are short and run in the main thread.

    Raises:
        TerminalError: The thread of the work has ended with an error.
    """
    settings = Settings()
    configure_logging(service)
    os.nice(nice)
    stop = stop_requested()
    work = build(settings)
    heartbeat = Heartbeat(settings, service, metrics=metrics)
    log.info("service_started", pid=os.getpid())
    if longest_step_s is None:
        repeat(work, stop, heartbeat)
    else:
        repeat_beside(work, stop, heartbeat, int(longest_step_s * 1000))
    work.close()
    log.info("service_stopped")


def repeat(work: Work, stop: Event, heartbeat: Heartbeat) -> None:
    """Work and heartbeat in turn."""
    while not stop.is_set():
        pause_s = work.step()
        if heartbeat.due():
            heartbeat.beat(**work.beat())
        if pause_s:
            stop.wait(pause_s)


def repeat_beside(
    work: Work,
    stop: Event,
    heartbeat: Heartbeat,
    longest_ms: int,
    clock: Clock = monotonic_ms,
    poll_s: float = POLL_S,
) -> None:
    """Work in a thread of its own, which ends with the process; the heartbeat in this one."""
    began_ms = clock()

    def again() -> None:
        nonlocal began_ms
        while not stop.is_set():
            began_ms = clock()
            stop.wait(work.step())

    worker = Thread(target=again, daemon=True, name="work")
    worker.start()
    while not stop.wait(poll_s):
        if not worker.is_alive():
            raise TerminalError("The work ended with an error: see the log above.")
        if heartbeat.due():
            facts = work.beat()
            hangs = clock() - began_ms > longest_ms
            heartbeat.beat(**facts | {"ready": facts["ready"] and not hangs})
