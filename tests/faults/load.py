"""A seeded load whose every message is known, so that what must come out of it is decidable.

Two consultations. In *grow* nobody votes twice on a proposal, so no count of it may ever become
smaller. In *vary* people vote again, take ballots back, change country and trust, and clicks are
sent twice: there only the exact result at the end is known. A few messages are nonsense.
"""

import threading
import time
from datetime import UTC, datetime, timedelta
from random import Random

from confluent_kafka import Producer

from infra.config.settings import Settings

TOPIC = "tutti.votes.v1"
COUNTRIES = ("FR", "DE", "IT", "LU", "PL", "ZZ")
TRUSTS = ("troll", "trusted", "trusted", "trusted", "sequence", "segment")
CHOICES = {
    "agree": ("likeIt", "doable", "platitudeAgree"),
    "disagree": ("noWay", "impossible", "platitudeDisagree"),
    "neutral": ("doNotUnderstand", "noOpinion", "doNotCare"),
}
PROPOSALS = 12
RETURNING = 20_000
"""People of *vary*: few, so that they come back."""
BAD_KEY = b"bad"
NONSENSE = (b"", b"{", b"[]", b"\xff\xfe", b'{"consultation_id":"x"}', b"null", b'{"a":1}{"b":2}')
MAX_QUEUED = 2_000_000
"""Messages that wait in the sender while the broker is away."""


class Load(threading.Thread):
    """Sends at a steady rate until it is stopped; an away broker delays, it drops nothing.

    Attributes:
        acknowledged: Key, value, partition and offset of each message the broker has taken.
        failed: What it did not take.
    """

    def __init__(self, settings: Settings, name: str, seed: int, rate: int) -> None:
        super().__init__(daemon=True)
        self.grow, self.vary = f"grow-{name}", f"vary-{name}"
        self.rate = rate
        self.sent = 0
        self.acknowledged: list[tuple[bytes, bytes, int, int]] = []
        self.failed: list[str] = []
        self._random = Random(seed)
        self._over = threading.Event()
        self._recent: list[bytes] = []
        self._producer = Producer(
            {
                "bootstrap.servers": settings.brokers,
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "compression.type": "lz4",
                "linger.ms": 20,
                "log_level": 0,
                # However long a broker is away, votes are neither dropped nor reordered.
                "message.timeout.ms": 0,
                "queue.buffering.max.messages": MAX_QUEUED,
                "queue.buffering.max.kbytes": 2_000_000,
                "reconnect.backoff.max.ms": 1_000,
            }
        )

    @property
    def waiting(self) -> int:
        """Messages the broker has not acknowledged yet."""
        return len(self._producer)

    def run(self) -> None:
        start = time.monotonic()
        while not self._over.is_set():
            due = int((time.monotonic() - start) * self.rate) - self.sent
            now = datetime.now(UTC)  # noqa: TID251 - the load's own clock
            for _ in range(min(due, 2_000)):
                key, value = self._message(now)
                try:
                    self._producer.produce(TOPIC, value, key, on_delivery=self._delivered)
                except BufferError:
                    break
                self.sent += 1
            self._producer.poll(0.02 if due < 2_000 else 0)

    def end(self) -> None:
        """Stop, and wait until the broker has everything."""
        self._over.set()
        self.join()
        if self._producer.flush(300):
            self.failed.append("not acknowledged within 300 s")

    def _delivered(self, error, message) -> None:
        if error is not None:
            self.failed.append(str(error))
        else:
            place = (message.partition(), message.offset())
            self.acknowledged.append((message.key(), message.value() or b"", *place))

    def _message(self, now: datetime) -> tuple[bytes, bytes]:
        random = self._random
        kind = random.random()
        if kind < 0.003:
            return BAD_KEY, random.choice(NONSENSE)
        if kind < 0.6:
            person, proposal = divmod(self.sent, PROPOSALS)
            who, consultation = f"g{person}", self.grow
            country = COUNTRIES[person % len(COUNTRIES)]
            trust = TRUSTS[person % 5]
        else:
            if self._recent and random.random() < 0.03:  # a click that is sent twice
                sent = random.choice(self._recent)
                return sent[sent.index(b'"v') + 1 :].split(b'"', 1)[0], sent
            proposal = random.randrange(PROPOSALS)
            who, consultation = f"v{random.randrange(RETURNING)}", self.vary
            country, trust = random.choice(COUNTRIES), random.choice(TRUSTS)
        late = random.random()
        ago = random.random() * (600 if late < 0.05 else 2)
        cast_at = (now - timedelta(seconds=ago)).isoformat(timespec="milliseconds")[:23]
        value = (
            f'{{"participant_id":"{who}","consultation_id":"{consultation}",'
            f'"proposal_id":"p{proposal}","country":"{country}","trust":"{trust}",'
            f'{self._choice(consultation)},"cast_at":"{cast_at}Z"}}'
        ).encode()
        if consultation == self.vary:
            self._recent.append(value)
            if len(self._recent) > 500:
                del self._recent[:250]
        return who.encode(), value

    def _choice(self, consultation: str) -> str:
        drawn = self._random.random()
        if drawn < 0.04 and consultation == self.vary:
            return '"choice":"withdrawn"'
        choice = "agree" if drawn < 0.5 else "disagree" if drawn < 0.8 else "neutral"
        if drawn * 1000 % 1 < 0.6:
            return f'"choice":"{choice}"'
        return f'"choice":"{choice}","qualifications":["{self._random.choice(CHOICES[choice])}"]'
