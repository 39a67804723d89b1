"""What is observed while something is broken: every visible count, and memory."""

import threading
import time
from collections import defaultdict

import psutil
from faults.checks import CAST_IN, cells
from faults.load import Load
from stack.conftest import Stack

from infra.config.settings import Settings

LOOK_S = 0.2
MINUTES_EVERY = 5
FRESH_MS = 5_000
"""What is visible is up to date while its newest vote is younger."""

OVERHEAD_MB = {"kafka": 640, "votes": 1280, "semantics": 1024, "clickhouse": 1024, "redis": 64}
"""Beyond the memory that a service is given: code, threads, classes, buffers, mapped files."""
BOUND_MB = {
    "intake": 500,
    "sink": 800,
    "periodic": 400,
    "groups": 600,
    "live": 500,
    "http_intake": 500,
    "probe": 150,
    "supervisord": 100,
}
"""Parts without a setting."""


def bounds_mb(settings: Settings) -> dict[str, int]:
    """The bound of each service's resident memory, MiB."""
    given = {
        "kafka": settings.kafka_heap_mb,
        "votes": settings.votes_memory_mb,
        "semantics": settings.semantics_heap_mb,
        "clickhouse": settings.clickhouse_memory_mb,
        "redis": settings.redis_memory_mb,
    }
    return {service: given[service] + OVERHEAD_MB[service] for service in given} | BOUND_MB


class Watcher(threading.Thread):
    """Reads the tallies of *grow* and its minutes all the time.

    Attributes:
        looks: How often they were read.
        steps_back: Counts that became smaller: that must never be.
        evidence: The rows that the cell had in its table when one first did, newest first.
        newest_ms: The broker's time of the newest vote that is visible, of the partition that is
            furthest behind, by the progress of the count; 0 before the first.
    """

    def __init__(self, stack: Stack, grow: str) -> None:
        super().__init__(daemon=True)
        self._stack = stack
        self._grow = grow
        self._over = threading.Event()
        self._seen: dict[bool, dict] = {False: {}, True: {}}
        self.looks = 0
        self.steps_back: list[str] = []
        self.evidence: list[tuple[object, ...]] = []
        self.newest_ms = 0

    def run(self) -> None:
        clickhouse = None
        while not self._over.wait(LOOK_S):
            try:
                clickhouse = clickhouse or self._stack.clickhouse()
                self._look(clickhouse)
            except Exception:  # noqa: BLE001 - whatever it is, ClickHouse is away; look again
                clickhouse = None

    def end(self) -> None:
        self._over.set()
        self.join()

    def await_fresh(self, load: Load, timeout_s: float) -> float | None:
        """Seconds until what is sent from now on is visible soon; None if it does not become so."""
        start, start_ms = time.monotonic(), _now_ms()
        while (waited := time.monotonic() - start) < timeout_s:
            fresh = self.newest_ms > start_ms and _now_ms() - self.newest_ms < FRESH_MS
            if fresh and load.waiting < load.rate:
                return waited
            time.sleep(0.1)
        return None

    def _look(self, clickhouse) -> None:
        # Minutes are many: not at every look.
        for by_minute in (False, True) if self.looks % MINUTES_EVERY == 0 else (False,):
            now = cells(clickhouse, (self._grow,), by_minute=by_minute)
            before = self._seen[by_minute]
            for cell, counts in before.items():
                for name, count in counts.items():
                    if now.get(cell, {}).get(name, 0) < count:
                        self.steps_back.append(f"{cell} {name}: {count} → {now.get(cell)}")
                        self.evidence = self.evidence or self._rows(clickhouse, cell)
            self._seen[by_minute] = now
        [(self.newest_ms,)] = clickhouse.query(
            "SELECT min(origin_ms) FROM tutti.progress FINAL"
            " WHERE epoch = (SELECT max(epoch) FROM tutti.epochs)"
        ).result_rows
        self.looks += 1

    def _rows(self, clickhouse, cell: tuple[str, ...]) -> list[tuple[object, ...]]:
        columns = ("consultation_id", "proposal_id", "country", "trust", CAST_IN)[: len(cell)]
        table = "tallies" if CAST_IN not in columns else "windows"
        return clickhouse.query(
            f"SELECT epoch, version, is_deleted, agree, disagree, _part FROM tutti.{table} WHERE "
            + " AND ".join(f"{column} = {{p{n}:String}}" for n, column in enumerate(columns))
            + " ORDER BY version DESC LIMIT 8",
            parameters={f"p{n}": value for n, value in enumerate(cell)},
        ).result_rows


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class ServiceMemory:
    """Resident memory of each service of a stack, MiB, by the environment of the processes.

    A service that was restarted is found again: its new process has the same environment.
    """

    def __init__(self, stack: Stack) -> None:
        self._home = str(stack.settings.home.resolve())
        self._services: dict[tuple[int, float], str | None] = {}

    def sample(self) -> dict[str, int]:
        found: dict[str, int] = defaultdict(int)
        for process in psutil.process_iter():
            try:
                key = (process.pid, process.create_time())
                # Shortly after a fork a process still has the environment of its parent.
                if key not in self._services or time.time() - key[1] < 3:  # noqa: TID251 - of the system
                    environment = process.environ()
                    ours = environment.get("TUTTI_HOME") == self._home
                    self._services[key] = environment.get("TUTTI_SERVICE") if ours else None
                if service := self._services[key]:
                    found[service] += process.memory_info().rss >> 20
            except psutil.Error:
                continue
        return found
