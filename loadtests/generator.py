"""The generator: a process that sends a segment of a workload at its intended times.

Open model: the schedule does not wait for the broker; a vote that goes out late is timed from the
moment it was due. While no vote is due, a few chunks are encoded in advance.

``python -m loadtests.generator`` reads a `TrafficPlan` from standard input and prints two lines of
JSON: `Started`, and at the end `Sent`. It learns the stack's addresses from the environment, as
every service does.
"""

import os
import sys
import time
from collections import deque
from resource import RUSAGE_SELF, getrusage
from typing import Any, Final

import msgspec
import numpy as np
from confluent_kafka import KafkaError, KafkaException, Producer

from infra.config.settings import Settings
from infra.kafka import client as kafka
from loadtests.costs import threads_of
from loadtests.encoding import Messages, VoteEncoder
from loadtests.markers import MARKER_S, marker
from loadtests.schedule import Schedule
from loadtests.votes import Segment, Votes
from loadtests.workload import Workload
from operators.core.clock import Clock, system_clock
from schemas.topics import VOTES

CHUNK: Final = 8_192
AHEAD: Final = 8
"""Chunks that are encoded in advance: 2 s at 30,000 votes/s, about 25 MB."""
SLICE: Final = 1_024
"""Votes that are handed over before the clock is read again."""
LEAD_S: Final = 0.5
PAUSE_S: Final = 0.01
FLUSH_S: Final = 300.0


class TrafficPlan(msgspec.Struct, frozen=True):
    """What to send.

    Attributes:
        workload: The workload's own fields.
        first: Number of the first vote.
        count: How many votes; with `seconds`, the schedule says how many.
        rate: Votes per second at factor 1.
        seconds: How long; 0: as fast as possible.
        marker: Number of the first marker; None sends none.
    """

    workload: dict[str, Any]
    first: int
    count: int
    rate: float
    seconds: float
    marker: int | None = None


class Started(msgspec.Struct, frozen=True):
    """When the first vote is due: by the wall clock (ms) and by the monotonic one (s)."""

    start_ms: int
    start_s: float


class Sent(msgspec.Struct, frozen=True):
    """What was sent.

    Attributes:
        votes: Votes handed over and acknowledged.
        markers: Markers among them, not counted in `votes`.
        seconds: From the first vote's due time to the last acknowledgement.
        cpu_s: CPU of the whole process since it began to encode.
        peak_mb: Most resident memory, MiB.
        threads_s: CPU by thread name since the process began, s.
        lag_ms: How late a vote was handed over: p50, p99 and most, ms.
        failed: How many votes the broker did not take, by its message.
    """

    votes: int
    markers: int
    seconds: float
    cpu_s: float
    peak_mb: int
    threads_s: dict[str, float]
    lag_ms: tuple[float, float, float]
    failed: dict[str, int]


class Generator:
    """Sends one plan.

    Args:
        plan: What to send.
        producer: Sends the messages.
        clock: Wall clock, ms.
    """

    def __init__(self, plan: TrafficPlan, producer: Producer, clock: Clock) -> None:
        self._plan, self._producer = plan, producer
        workload = Workload.model_validate(plan.workload)
        self._workload = workload
        self._schedule = Schedule(workload, plan.rate, plan.seconds) if plan.seconds else None
        count = self._schedule.votes if self._schedule else plan.count
        self.started = Started(clock() + int(LEAD_S * 1000), time.monotonic() + LEAD_S)
        self._segment = Segment(plan.first, count, self.started.start_ms, plan.rate, plan.seconds)
        self._votes, self._encoder = Votes(workload), VoteEncoder(workload, clock)
        self._ready: deque[Messages] = deque()
        self._encoded = self._handed = self._in_chunk = self._markers = 0
        self._lag_s: list[float] = []

    def run(self, failed: dict[str, int]) -> Sent:
        """Send everything; `failed` is filled by the delivery reports meanwhile."""
        cpu_s = time.process_time()
        count = self._segment.count
        while len(self._ready) < AHEAD and self._encoded < count:
            self._encode()
        while self._handed < count:
            now_s = time.monotonic() - self.started.start_s
            self._send_markers(now_s)
            due = self._due(now_s) - self._handed
            if due > 0:
                self._send(min(due, SLICE), now_s)
                self._producer.poll(0)
            elif len(self._ready) < AHEAD and self._encoded < count:
                self._encode()
            else:
                self._producer.poll(0)
                time.sleep(PAUSE_S)
        left = self._producer.flush(FLUSH_S)
        if left:
            failed["not acknowledged in time"] = left
        lag_ms = [0.0, 0.0, 0.0]
        if self._lag_s:
            lag_ms = (np.percentile(self._lag_s, [50, 99, 100]) * 1000).round(2).tolist()
        return Sent(
            votes=self._handed,
            markers=self._markers,
            seconds=time.monotonic() - self.started.start_s,
            cpu_s=time.process_time() - cpu_s,
            peak_mb=getrusage(RUSAGE_SELF).ru_maxrss >> 10,
            threads_s=threads_of(os.getpid()),
            lag_ms=(lag_ms[0], lag_ms[1], lag_ms[2]),
            failed=failed,
        )

    def _due(self, now_s: float) -> int:
        if now_s < 0:
            return 0
        return self._schedule.due(now_s) if self._schedule else self._segment.count

    def _encode(self) -> None:
        first = self._segment.first + self._encoded
        end = min(first + CHUNK, self._segment.first + self._segment.count)
        numbers = np.arange(first, end)
        columns = self._votes.columns(self._segment, self._schedule, numbers)
        self._ready.append(self._encoder.messages(columns))
        self._encoded = end - self._segment.first

    def _send(self, most: int, now_s: float) -> None:
        """Hand over up to `most` votes, all of the same chunk."""
        if not self._ready:
            self._encode()
        keys, values = self._ready[0]
        begin = self._in_chunk
        end = min(begin + most, len(keys))
        if self._schedule:
            due_s = float(self._schedule.times(np.array([self._handed]))[0])
            self._lag_s.append(max(now_s - due_s, 0.0))
        produce, topic = self._producer.produce, VOTES.name
        for key, value in zip(keys[begin:end], values[begin:end], strict=True):
            while True:
                try:
                    produce(topic, value, key)
                    break
                except (
                    BufferError
                ):  # the queue is full because the broker is slower: later votes are late
                    self._producer.poll(0.01)
        self._handed += end - begin
        self._in_chunk = end
        if end == len(keys):
            self._ready.popleft()
            self._in_chunk = 0

    def _send_markers(self, now_s: float) -> None:
        first = self._plan.marker
        if first is None:
            return
        while self._markers * MARKER_S <= now_s:
            intended_ms = self.started.start_ms + round(self._markers * MARKER_S * 1000)
            key, value = marker(self._workload.consultation_id, first + self._markers, intended_ms)
            try:
                self._producer.produce(VOTES.name, value, key)
            except BufferError:
                return  # the queue is full: the marker is sent a moment later
            self._markers += 1


def main() -> None:
    """Send the plan on standard input."""
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=TrafficPlan)
    failed: dict[str, int] = {}

    def report(error: KafkaError, _message: Any) -> None:
        failed[error.str()] = failed.get(error.str(), 0) + 1

    # Large batches, because requests beyond the five in flight cost the client time as they wait.
    batches = {"linger.ms": 50, "batch.size": 1_000_000}
    reports = {"delivery.report.only.error": True, "on_delivery": report}
    producer = kafka.producer(Settings(), **reports, **batches)
    producer.list_topics(VOTES.name, timeout=kafka.TIMEOUT_S)
    try:
        generator = Generator(plan, producer, system_clock)
        _say(generator.started)
        _say(generator.run(failed))
    except KafkaException as error:
        sys.exit(f"the generator cannot send: {error}")


def _say(report: Started | Sent) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
