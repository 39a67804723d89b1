"""Heartbeats: how a service without a network interface says that it is alive and ready."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from infra.config.settings import Settings
from infra.service.state_files import read_json, write_json
from operators.core.clock import Clock, system_clock

if TYPE_CHECKING:
    from infra.service.metric_types import Source

BEAT_MS: Final = 1_000
STALE_MS: Final = 15_000
"""A service that has not written for this long hangs."""


def _process(settings: Settings, service: str) -> str:
    """Of several processes of a service, this installation's one."""
    return f"{service}-{settings.instance}" if settings.instance else service


def _file(settings: Settings, service: str) -> Path:
    return _file_of(settings, _process(settings, service))


def _file_of(settings: Settings, process: str) -> Path:
    return settings.run / f"{process}.heartbeat.json"


def metrics_folder(settings: Settings) -> Path:
    """Where the services put their metrics, as ``PROCESS.prom``."""
    return settings.run / "metrics"


class Heartbeat:
    """Writes one small file, and one of metrics, at most once per BEAT_MS."""

    def __init__(
        self,
        settings: Settings,
        service: str,
        clock: Clock = system_clock,
        metrics: "Source | None" = None,
    ) -> None:
        self._file = _file(settings, service)
        self._metrics = metrics
        self._metrics_file = metrics_folder(settings) / f"{_process(settings, service)}.prom"
        self._metrics_file.parent.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        self._started_ms = clock()
        self._last_ms = 0
        self._file.parent.mkdir(parents=True, exist_ok=True)

    def due(self) -> bool:
        """Whether it is time for `beat`."""
        return not 0 <= self._clock() - self._last_ms < BEAT_MS  # the clock may be set back

    def beat(self, *, ready: bool, **facts: Any) -> None:
        """Say that this process is alive."""
        self._last_ms = self._clock()
        beat = {"pid": os.getpid(), "started_ms": self._started_ms, "at_ms": self._last_ms}
        beat |= {"ready": ready, **facts}
        with suppress(OSError):  # counting goes on without being watched
            write_json(self._file, beat)
            if self._metrics:
                # Who reads heartbeats writes no metrics.
                from prometheus_client import write_to_textfile  # noqa: PLC0415

                write_to_textfile(str(self._metrics_file), self._metrics.registry)


@dataclass(frozen=True, slots=True)
class Beat:
    """The last heartbeat of a service."""

    pid: int
    age_ms: int
    ready: bool
    facts: dict[str, Any]

    @property
    def healthy(self) -> bool:
        """Ready, and written lately."""
        return self.ready and abs(self.age_ms) < STALE_MS


def last_beat(settings: Settings, service: str, clock: Clock = system_clock) -> Beat | None:
    """The last heartbeat; None if there is none."""
    facts = read_json(_file(settings, service))
    if facts is None:
        return None
    facts.pop("started_ms", None)
    return Beat(facts.pop("pid"), clock() - facts.pop("at_ms"), facts.pop("ready"), facts)


def started_ms(settings: Settings, process: str) -> int | None:
    """When a process started, as its heartbeat says; None if it says nothing.

    Args:
        settings: Where its heartbeat is.
        process: Its name, with the number of its instance if it has one.
    """
    found: int | None = (read_json(_file_of(settings, process)) or {}).get("started_ms")
    return found
