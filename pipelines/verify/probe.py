"""The probe: how long does a vote travel? One of its own, sent again and again, tells.

A participant of a reserved consultation casts a vote, waits until exactly that vote stands in the
tallies of ClickHouse, and casts another. Each goes the whole way of a real vote; only the views
and the recount leave the consultation out. This process also serves the metrics of all services.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from clickhouse_connect.driver.client import Client
from confluent_kafka import KafkaError, KafkaException

from infra.clickhouse.client import ERRORS, ClickHouseUnavailableError, connect
from infra.clickhouse.tallies import probe_counts
from infra.config.settings import Settings
from infra.config.sources import RulesInForce
from infra.kafka import client as kafka
from infra.service.metrics import FRESHNESS, FRESHNESS_LAST, PROBE, PROBE_SENT, PROBE_WAITING
from infra.service.metrics_server import Gathered, serve
from infra.service.runner import run
from operators.core.clock import Clock, monotonic_ms, system_clock
from operators.core.votes.tally import COUNTED_CHOICES
from schemas.events import QUALIFICATION_BITS, QUALIFICATIONS
from schemas.reserved import PROBE_CONSULTATION, PROBE_SOURCE
from schemas.signatures import signed_headers
from schemas.topics import VOTES

POLL_S: Final = 0.05
IDLE_S: Final = 0.5
PARTICIPANT: Final = "probe"
CAST_AT: Final = "2000-01-01T00:00:00Z"
"""Always the same: then the later offset decides, and there is one minute and one cell only."""

Cell = tuple[int, ...]
"""The counters of one cell: choices, then qualifications."""


@dataclass(frozen=True, slots=True)
class ProbeVote:
    """One of the votes that the probe casts in turn, each with a tally that no other has."""

    choice: str
    qualifications: tuple[str, ...]

    @property
    def payload(self) -> bytes:
        """The vote as a campaign would send it."""
        return json.dumps(
            {
                "consultation_id": PROBE_CONSULTATION,
                "proposal_id": "freshness",
                "participant_id": PARTICIPANT,
                "choice": self.choice,
                "qualifications": self.qualifications,
                "cast_at": CAST_AT,
                "source": PROBE_SOURCE,
            }
        ).encode()

    @property
    def cell(self) -> Cell:
        """The tally of this vote alone."""
        return tuple(int(self.choice == choice) for choice in COUNTED_CHOICES) + tuple(
            int(name in self.qualifications) for name in QUALIFICATION_BITS
        )


PROBE_VOTES: Final = tuple(
    ProbeVote(
        choice, tuple(name for bit, name in enumerate(QUALIFICATIONS[choice]) if mask >> bit & 1)
    )
    for mask in range(8)
    for choice in COUNTED_CHOICES
)


class Probe:
    """Sends a vote when the one before has arrived and the interval is over."""

    def __init__(
        self,
        send: Callable[[bytes], None],
        read: Callable[[], Cell | None],
        interval_ms: int,
        clock: Clock = monotonic_ms,
    ) -> None:
        self._send, self._read, self._clock = send, read, clock
        self._interval_ms = interval_ms
        # One that was on its way when the process ended is unlikely to be taken for the first.
        self._turn = random.SystemRandom().randrange(len(PROBE_VOTES))
        self._waiting = False
        self._sent_ms: int | None = None
        self.last_ms: int | None = None

    @property
    def waiting(self) -> bool:
        """Whether a vote is on its way."""
        return self._waiting

    def step(self) -> None:
        """Send, or look whether what was sent has arrived."""
        now = self._clock()
        if not self._waiting:
            if self._sent_ms is None or now - self._sent_ms >= self._interval_ms:
                self._cast()
            return
        cell = self._read()
        waited_ms = self._clock() - (self._sent_ms or 0)
        if cell == PROBE_VOTES[self._turn].cell:
            self._waiting, self.last_ms = False, waited_ms
            FRESHNESS.observe(waited_ms / 1000)
            FRESHNESS_LAST.set(waited_ms / 1000)
            PROBE_WAITING.set(0)
        else:
            PROBE_WAITING.set(waited_ms / 1000)

    def _cast(self) -> None:
        turn = (self._turn + 1) % len(PROBE_VOTES)
        sent_ms = self._clock()
        self._send(PROBE_VOTES[turn].payload)
        self._turn, self._sent_ms, self._waiting = turn, sent_ms, True
        PROBE_SENT.inc()


class ProbeReader:
    """The probe's cell as it stands in ClickHouse, whatever the views leave out."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clickhouse: Client | None = None

    def read(self) -> Cell | None:
        """The counters; None if there are none, or ClickHouse is away."""
        try:
            self._clickhouse = self._clickhouse or connect(self._settings, timeout_s=10)
            return probe_counts(self._clickhouse)
        except (*ERRORS, ClickHouseUnavailableError):
            self._clickhouse = None
            return None


class ProbeSender:
    """Sends, and learns from the acknowledgement how the broker's clock differs."""

    def __init__(self, settings: Settings, clock: Clock = system_clock) -> None:
        self._clock = clock
        self._rules = RulesInForce(settings)
        self._sent_ms = 0
        self.broker_ahead_ms: int | None = None
        self._producer = kafka.producer(
            settings,
            **{
                "linger.ms": 0,
                # A vote that waits for its broker is late, never lost.
                "message.timeout.ms": 0,
            },
        )

    def send(self, payload: bytes) -> None:
        """Hand over one vote."""
        self._sent_ms = self._clock()
        self._rules.renewed()
        source = self._rules.rules.sources.in_force(PROBE_SOURCE, self._sent_ms)
        signed = {"headers": signed_headers(source.name, source.secret, payload)} if source else {}
        self._producer.produce(
            VOTES.name, payload, PARTICIPANT, on_delivery=self._delivered, **signed
        )

    def poll(self) -> None:
        """Learn what has been acknowledged."""
        self._producer.poll(0)

    def _delivered(self, error: KafkaError | None, message: Any) -> None:
        if error is not None:  # the process starts anew, with another vote
            raise KafkaException(error)
        _, broker_ms = message.timestamp()
        # The broker's time lies between the two of ours; 0 unless it lies outside.
        now_ms = self._clock()
        self.broker_ahead_ms = broker_ms - min(max(broker_ms, self._sent_ms), now_ms)


class ProbeService:
    """Casts probe votes, and serves the metrics of all services."""

    def __init__(self, settings: Settings) -> None:
        self._server = serve(settings, Gathered(settings))
        self._sender = ProbeSender(settings)
        interval_ms = settings.probe_seconds * 1000
        self._probe = Probe(self._sender.send, ProbeReader(settings).read, interval_ms)
        self._sends = interval_ms > 0

    def step(self) -> float:
        """Cast a vote, or look whether the one before has arrived."""
        if self._sends:
            self._probe.step()
            self._sender.poll()
        return POLL_S if self._probe.waiting else IDLE_S

    def beat(self) -> dict[str, Any]:
        """How long the newest probe vote took, ms, and how far ahead the broker's clock is, ms."""
        return {
            "ready": True,
            "freshness_ms": self._probe.last_ms,
            "broker_ahead_ms": self._sender.broker_ahead_ms,
        }

    def close(self) -> None:
        """Serve metrics no longer."""
        self._server.shutdown()


def main() -> None:
    """Run until told to stop."""
    run("probe", ProbeService, metrics=PROBE)


if __name__ == "__main__":
    main()
