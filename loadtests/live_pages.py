"""How soon followers of the public pages learn of a publication, and what that costs."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import psutil
from rich.console import Console

from infra.config.folders import CHECKOUT
from infra.config.settings import Settings
from infra.local.supervisor import Supervisor
from loadtests.bench import Measurement
from loadtests.followers import Followed, FollowPlan
from loadtests.markers import summary
from loadtests.report import RESULTS, Report
from operators.core.errors import TransientError

POLL_S: Final = 0.02
"""How often the observer asks ClickHouse for the newest publication: the resolution of delays."""
AFTER_S: Final = 5.0
"""What was published shortly before the end may still arrive."""


class Reach(msgspec.Struct, frozen=True):
    """What the followers of one segment saw.

    Attributes:
        followers: How many were connected.
        connect_s: How long all of them took to connect.
        publications: How many were seen by the observer and by followers.
        missed: Events that a connected follower did not get.
        delay_ms: Percentiles of readable in ClickHouse to received, ms; 0 is before the observer.
        lost: Streams that ended by themselves.
        live_cores: CPU of the live service, cores.
        live_mb: Most resident memory of the live service, MiB.
        followers_cores: CPU of the followers' process, cores.
    """

    followers: int
    connect_s: float
    publications: int
    missed: int
    delay_ms: dict[str, float]
    lost: int
    live_cores: float
    live_mb: int
    followers_cores: float


class Pair(msgspec.Struct, frozen=True):
    """The same load twice, in either order: nobody follows, and many do."""

    without: Measurement
    followed: Measurement
    reach: Reach


@dataclass
class Observed:
    """What an observer saw: publication → when it was readable, ns of the monotonic clock."""

    seen_ns: dict[datetime, int] = field(default_factory=dict)
    peak_mb: float = 0.0


@contextmanager
def watching(newest: Callable[[], datetime | None], service: psutil.Process) -> Iterator[Observed]:
    """Note when each publication becomes readable, until the block ends."""
    found, end = Observed(), threading.Event()

    def look() -> None:
        first = newest()
        while not end.wait(POLL_S):
            tick = newest()
            if tick is not None and tick != first and tick not in found.seen_ns:
                found.seen_ns[tick] = time.monotonic_ns()
            found.peak_mb = max(found.peak_mb, service.memory_info().rss / 2**20)

    thread = threading.Thread(target=look, name="observer")
    thread.start()
    try:
        yield found
    finally:
        end.set()
        thread.join()


class Followers:
    """The followers' process: started, and asked for what it saw when it is closed.

    Raises:
        TransientError: Nobody could connect.
    """

    def __init__(self, plan: FollowPlan) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "loadtests.followers"],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._input, self._output = self._process.stdin, self._process.stdout
        if self._input is None or self._output is None:  # never: both are pipes
            raise TransientError("The followers cannot be told what to do.")
        self._input.write(msgspec.json.encode(plan) + b"\n")
        self._input.flush()
        line = self._output.readline()
        if not line.strip().isdigit():
            raise TransientError("The followers did not start.")
        self.connected = int(line)
        if not self.connected:
            self.close()
            raise TransientError("No follower could connect.")

    def close(self) -> Followed:
        """End them."""
        if self._input is None or self._output is None:
            raise TransientError("The followers are gone.")
        self._input.close()
        content = self._output.read()
        if self._process.wait() != 0:
            raise TransientError(f"The followers ended with {self._process.returncode}.")
        return msgspec.json.decode(content, type=Followed)


@contextmanager
def audience(
    plan: FollowPlan, service_pid: int, newest: Callable[[], datetime | None]
) -> Iterator[list[Reach]]:
    """Followers during a block; afterwards the list holds what they saw.

    Args:
        plan: Who follows what.
        service_pid: The live service's process.
        newest: Reads the newest publication from ClickHouse.
    """
    found: list[Reach] = []
    service = psutil.Process(service_pid)
    followers = Followers(plan)
    ended = False
    try:
        before, began = service.cpu_times(), time.monotonic()
        with watching(newest, service) as watch:
            yield found
            time.sleep(AFTER_S)
        after, seconds = service.cpu_times(), time.monotonic() - began
        ended = True
        seen = followers.close()
    finally:
        if not ended:
            followers.close()
    used = after.user + after.system - before.user - before.system
    found.append(_reach(seen, watch, used / seconds, seconds))


def _reach(seen: Followed, watch: Observed, cores: float, seconds: float) -> Reach:
    received = {datetime.fromisoformat(tick): at for tick, at in seen.received_ns.items()}
    common = sorted(set(received) & set(watch.seen_ns))
    delays = [
        max(0.0, (at - watch.seen_ns[tick]) / 1e9) for tick in common for at in received[tick]
    ]
    return Reach(
        followers=seen.connected,
        connect_s=seen.connect_s,
        publications=len(common),
        missed=len(common) * seen.connected - len(delays),
        delay_ms=summary(delays) if delays else {},
        lost=seen.lost,
        live_cores=round(cores, 3),
        live_mb=round(watch.peak_mb),
        followers_cores=round(seen.cpu_s / seconds, 3),
    )


def service_pid(settings: Settings) -> int:
    """The process of a running stack's live service.

    Raises:
        TransientError: It does not run.
    """
    process = Supervisor(settings).processes().get("live")
    if process is None or not process.pid:
        raise TransientError("The live service does not run.")
    return int(process.pid)


def show_reach(console: Console, reach: Reach) -> None:
    """Print what followers saw."""
    delays = ", ".join(f"{key} {value:,.0f}" for key, value in reach.delay_ms.items())
    console.print(
        f"  {reach.followers:,} followers, connected in {reach.connect_s:g} s;"
        f" {reach.publications} publications, readable to received, ms: {delays};"
        f" {reach.missed} missed, {reach.lost} lost; live service {reach.live_cores:.3f} cores,"
        f" {reach.live_mb:,} MiB"
    )


def save_pairs(report: Report, pairs: list[Pair], folder: Path = RESULTS) -> Path:
    """Keep a measurement, beside those of `docs/performance.md`."""
    file = folder / "live" / "pages.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    content = msgspec.json.encode({"report": report, "pairs": pairs})
    file.write_bytes(msgspec.json.format(content, indent=1) + b"\n")
    return file
