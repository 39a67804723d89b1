"""What each service costs: CPU seconds and memory of its processes, CPU of its threads by name."""

import os
import re
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from infra.config.settings import Settings
from infra.local.supervisor import Supervisor

OBSERVER: Final = "observer"
GENERATOR: Final = "generator"
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Reading:
    """The counters at one moment.

    Attributes:
        cpu_s: CPU seconds used so far, by service.
        threads_s: The same by service and thread name, for threads that still run.
        pids: Process of each service; another one means that it was restarted.
        machine_s: CPU seconds of everything on this machine.
    """

    cpu_s: dict[str, float]
    threads_s: dict[tuple[str, str], float]
    pids: dict[str, int]
    machine_s: float


class Costs:
    """Reads the counters of a stack's services and of this process."""

    def __init__(self, settings: Settings) -> None:
        services = Supervisor(settings).processes()
        # A service on standby, or one that is just being restarted, has no process.
        self._pids = {name: process.pid for name, process in services.items() if process.pid}
        self._pids[OBSERVER] = os.getpid()
        self._families = {name: _family(name, pid) for name, pid in self._pids.items()}

    def read(self) -> Reading:
        """The counters now."""
        cpu: dict[str, float] = defaultdict(float)
        threads: dict[tuple[str, str], float] = defaultdict(float)
        for name, family in self._families.items():
            for process in family:
                with suppress(psutil.NoSuchProcess):
                    used = process.cpu_times()
                    cpu[name] += used.user + used.system
                    for thread, seconds in threads_of(process.pid).items():
                        threads[name, thread] += seconds
        busy = psutil.cpu_times()
        machine_s = busy.user + busy.system + busy.nice + busy.irq + busy.softirq
        return Reading(dict(cpu), dict(threads), dict(self._pids), machine_s)

    def memory_mb(self) -> dict[str, int]:
        """Resident memory now, MiB, by service."""
        found: dict[str, int] = {}
        for name, family in self._families.items():
            size = 0
            for process in family:
                with suppress(psutil.NoSuchProcess):
                    size += process.memory_info().rss
            found[name] = size >> 20
        return found


def _family(name: str, pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    if name == OBSERVER:  # the generator is its child and is reported by itself
        return [process]
    return [process, *process.children(recursive=True)]


def threads_of(pid: int) -> dict[str, float]:
    """CPU seconds by thread name, without the number at its end."""
    found: dict[str, float] = defaultdict(float)
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with suppress(OSError):
            name = re.sub(r"[#\d]+$", "", (task / "comm").read_text().strip())
            fields = (task / "stat").read_text().rpartition(") ")[2].split()
            found[name.strip(" -/([>")] += (int(fields[11]) + int(fields[12])) / _TICKS
    return found
