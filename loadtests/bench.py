"""The bench: segments of a workload are sent to a stack, and each is measured."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Final

import msgspec

from infra.clickhouse.client import connect
from infra.config.folders import CHECKOUT
from infra.config.settings import Settings
from infra.service.waiting import wait_until
from loadtests.costs import GENERATOR, Costs, Reading
from loadtests.expected import Comparison, compare, expect
from loadtests.generator import Sent, Started, TrafficPlan
from loadtests.markers import MARKER_S, Observer, summary
from loadtests.memory import watching_memory
from loadtests.votes import Segment
from loadtests.workload import Workload
from operators.core.clock import system_clock
from operators.core.errors import TransientError
from pipelines.demo.traffic.announcing import announce
from pipelines.verify.sync import await_clusters, sync
from schemas.times import format_instant

SYNC_S: Final = 1_800.0
IDLE_S: Final = 5.0
THREADS_SHOWN: Final = 12


class ServiceCost(msgspec.Struct, frozen=True):
    """What one service cost in a measurement.

    Attributes:
        cpu_us: CPU per vote, µs.
        cores: CPU seconds per second.
        peak_mb: Most resident memory, MiB.
        threads_us: CPU per vote of its busiest threads, by name, µs.
        restarted: Whether it was another process at the end.
    """

    cpu_us: float
    cores: float
    peak_mb: int
    threads_us: dict[str, float]
    restarted: bool


class Measurement(msgspec.Struct, frozen=True):
    """One segment, sent and visible.

    Attributes:
        votes: How many were sent, without markers.
        rate: Intended rate, votes per second; 0: as fast as possible.
        sent_s: From the first vote due to the last acknowledged, s.
        visible_s: From the first vote due until all are counted and in ClickHouse, s.
        votes_per_s: `votes` divided by `visible_s`.
        fresh_ms: Percentiles of intended time to readable, ms; empty without markers.
        rise_ms: Median freshness of the last third less that of the first third, ms.
        lag_ms: How late the generator handed votes over: p50, p99, most, ms.
        gap_ms: Longest time between two queries of the observer, ms: its resolution.
        polls_per_s: Queries of the observer per second.
        others_cores: CPU that all other processes of the machine used meanwhile, cores.
        services: Costs by service.
    """

    votes: int
    rate: float
    sent_s: float
    visible_s: float
    votes_per_s: float
    fresh_ms: dict[str, float]
    rise_ms: float
    lag_ms: tuple[float, float, float]
    gap_ms: float
    polls_per_s: float
    others_cores: float
    services: dict[str, ServiceCost]

    @property
    def cpu_us(self) -> float:
        """CPU per vote of all services together, µs."""
        return sum(service.cpu_us for service in self.services.values())


class Bench:
    """Sends consecutive segments of a workload to a running stack."""

    def __init__(self, settings: Settings, workload: Workload) -> None:
        self._settings, self._workload = settings, workload
        self.idle_cores: dict[str, float] = {}
        self.cold: Measurement | None = None
        self.runs: list[Measurement] = []
        self._segments: list[Segment] = []
        self._next = self._markers = 0

    def announce(self) -> None:
        """Send the consultation and its proposals, and wait until they are there."""
        w = self._workload
        submitted_at = format_instant(system_clock())
        announce(
            self._settings,
            {
                "consultation_id": w.consultation_id,
                "title": w.about,
                "countries": [
                    {"country": c, "weight": weight} for c, weight in w.countries.items()
                ],
            },
            (
                {
                    "consultation_id": w.consultation_id,
                    "proposal_id": f"p-{number:05d}",
                    "text": f"Proposal {number:,} of the load test {w.name}.",
                    "language": "en",
                    "submitted_at": submitted_at,
                }
                for number in range(w.proposals)
            ),
        )
        sync(self._settings, SYNC_S)

    def await_clusters(self) -> None:
        """Wait until the proposals are clustered: votes usually come much later than proposals."""
        await_clusters(self._settings, SYNC_S)

    @property
    def settings(self) -> Settings:
        """Settings of the stack."""
        return self._settings

    def idle(self) -> None:
        """Measure what each service uses while nothing is sent, cores."""
        costs = Costs(self._settings)
        before, start_s = costs.read(), time.monotonic()
        time.sleep(IDLE_S)
        after, seconds = costs.read(), time.monotonic() - start_s
        self.idle_cores = {
            name: round((after.cpu_s[name] - before.cpu_s[name]) / seconds, 3)
            for name in before.cpu_s
        }

    def steady(self, rate: float, seconds: float) -> Measurement:
        """Send votes at a rate, with markers among them."""
        return self._measure(TrafficPlan(self._fields, self._next, 0, rate, seconds, self._markers))

    def bulk(self, votes: int) -> Measurement:
        """Send votes as fast as possible."""
        return self._measure(TrafficPlan(self._fields, self._next, votes, self._workload.rate, 0))

    def warm_up(self, measure: Callable[[], Measurement]) -> Measurement:
        """Measure the fresh stack; the result is reported apart from the runs."""
        self.cold = measure()
        self.runs.remove(self.cold)
        return self.cold

    def keep_rate(self, rate: float) -> None:
        """Remove the runs at other rates."""
        self.runs = [run for run in self.runs if run.rate == rate]

    def check(self) -> Comparison:
        """Compare ClickHouse with the expected result of everything sent so far."""
        expected = expect(self._workload, self._segments, system_clock)
        return compare(connect(self._settings), self._workload, expected, self._markers)

    @property
    def _fields(self) -> dict[str, object]:
        return self._workload.model_dump()

    def _measure(self, plan: TrafficPlan) -> Measurement:
        costs = Costs(self._settings)
        observer = None
        if plan.marker is not None:
            observer = Observer(self._settings, self._workload.consultation_id, plan.marker)
            observer.start()
        before = costs.read()
        began_s = time.monotonic()
        try:
            with watching_memory(costs.memory_mb) as peak_mb:
                started, sent = self._generate(plan)
                sync(self._settings, SYNC_S)
                visible_s = time.monotonic() - started.start_s
                self._await_markers(observer, sent.markers)
            after = costs.read()
            seconds = time.monotonic() - began_s
        finally:
            if observer is not None:
                observer.end()
        if sent.failed:
            raise TransientError(f"The broker did not take all votes: {sent.failed}")
        self._segments.append(
            Segment(plan.first, sent.votes, started.start_ms, plan.rate, plan.seconds)
        )
        self._next += sent.votes
        self._markers += sent.markers
        latencies = _latencies(observer, plan, started, sent)
        total = sent.votes + sent.markers
        services = _service_costs(self._settings, peak_mb, before, after, total, seconds)
        services[GENERATOR] = ServiceCost(
            cpu_us=round(sent.cpu_s / total * 1e6, 2),
            cores=round(sent.cpu_s / seconds, 3),
            peak_mb=sent.peak_mb,
            threads_us=_busiest(sent.threads_s, total),
            restarted=False,
        )
        ours_s = sum(service.cores for service in services.values()) * seconds
        third = max(len(latencies) // 3, 1)
        measured = Measurement(
            votes=sent.votes,
            rate=plan.rate if plan.seconds else 0,
            sent_s=round(sent.seconds, 2),
            visible_s=round(visible_s, 2),
            votes_per_s=round(sent.votes / visible_s),
            fresh_ms=summary(latencies) if latencies else {},
            rise_ms=round((_median(latencies[-third:]) - _median(latencies[:third])) * 1000),
            lag_ms=sent.lag_ms,
            gap_ms=round(observer.longest_gap_s * 1000) if observer else 0,
            polls_per_s=round(observer.polls / seconds, 1) if observer else 0,
            others_cores=round((after.machine_s - before.machine_s - ours_s) / seconds, 2),
            services=services,
        )
        self.runs.append(measured)
        return measured

    def _generate(self, plan: TrafficPlan) -> tuple[Started, Sent]:
        """Run the generator's process."""
        environment = os.environ | {
            "TUTTI_HOME": str(self._settings.home),
            "TUTTI_PORT_BASE": str(self._settings.port_base),
        }
        done = subprocess.run(
            [sys.executable, "-m", "loadtests.generator"],
            cwd=CHECKOUT,
            env=environment,
            input=msgspec.json.encode(plan),
            stdout=subprocess.PIPE,
            check=False,
        )
        lines = done.stdout.splitlines()
        if done.returncode or len(lines) != 2:  # noqa: PLR2004 - Started and Sent
            raise TransientError(f"The generator ended with {done.returncode}.")
        started = msgspec.json.decode(lines[0], type=Started)
        return started, msgspec.json.decode(lines[1], type=Sent)

    def _await_markers(self, observer: Observer | None, count: int) -> None:
        """Wait for the observer's next query: all markers are counted when sync returns."""
        if observer is None:
            return
        if not wait_until(lambda: observer.readable(count) >= count, SYNC_S, every_s=0.01):
            raise TransientError("Markers are missing in ClickHouse although all is counted.")


def _latencies(
    observer: Observer | None, plan: TrafficPlan, started: Started, sent: Sent
) -> list[float]:
    """Intended time to readable of each marker, s, in their order."""
    if observer is None or plan.marker is None:
        return []
    return [
        observer.seen[plan.marker + n] - (started.start_s + n * MARKER_S)
        for n in range(sent.markers)
    ]


def _service_costs(
    settings: Settings,
    peak_mb: dict[str, int],
    before: Reading,
    after: Reading,
    votes: int,
    seconds: float,
) -> dict[str, ServiceCost]:
    pids = Costs(settings).read().pids
    found = {}
    for name in before.cpu_s:
        used_s = after.cpu_s.get(name, 0.0) - before.cpu_s[name]
        threads_s = {
            thread: after_s - before.threads_s.get((service, thread), 0.0)
            for (service, thread), after_s in after.threads_s.items()
            if service == name
        }
        found[name] = ServiceCost(
            cpu_us=round(used_s / votes * 1e6, 2),
            cores=round(used_s / seconds, 3),
            peak_mb=peak_mb[name],
            threads_us=_busiest(threads_s, votes),
            restarted=pids.get(name) != before.pids[name],
        )
    return found


def _busiest(threads_s: dict[str, float], votes: int) -> dict[str, float]:
    """The threads that used most CPU, µs per vote."""
    busiest = sorted(threads_s.items(), key=lambda item: -item[1])[:THREADS_SHOWN]
    return {name: round(used_s / votes * 1e6, 2) for name, used_s in busiest if used_s > 0}


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0
