"""A day of signed sources, of which some misbehave, while intake and the HTTP intake are killed.

Sources come, change their keys and are revoked while votes flow.
"""

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from stack.conftest import Stack
from stack.naive_sources import NaiveSources
from stack.sending import Client, vote
from stack.test_http_intake import Sender

from infra.kafka import client as kafka
from infra.service.waiting import wait_until
from operators.core.clock import system_clock
from schemas.signatures import signed_headers
from schemas.topics import VOTES

FLOOD = 200
"""Of a source that may sign 60 messages a minute: more than two minutes' worth."""
KILLED_AFTER = 10
OVERLAP_HOURS = "0.005"

Coordinates = tuple[int, int]


@dataclass
class Day:
    """What was sent, and what the services answered.

    Attributes:
        keys: Name of a source → its first key.
        http_rejected: Reasons in receipts.
        acknowledged: Votes that the HTTP intake has acknowledged while it was killed.
        repeats: Batches that had to be sent again.
    """

    stack: Stack
    keys: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    http_rejected: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[int, str]] = field(default_factory=list)
    acknowledged: list[bytes] = field(default_factory=list)
    repeats: int = 0

    def add(self, name: str, *options: str) -> None:
        made = self.stack.json("sources", "add", name, *options)
        self.keys[name], self.tokens[name] = made["key"], made["token"]

    def by_kafka(
        self, votes: Iterable[bytes], name: str = "", key: str = "", claims: str = ""
    ) -> None:
        """Send with the headers of a source, or without."""
        producer = kafka.producer(self.stack.settings)
        failed = []
        for payload in votes:
            secret = bytes.fromhex(key or self.keys.get(name, ""))
            headers = signed_headers(claims or name, secret, payload) if name else None
            producer.produce(
                VOTES.name,
                payload,
                "one key: one partition",
                headers=headers,
                on_delivery=lambda error, _: failed.append(error) if error else None,
            )
        assert producer.flush(60) == 0
        assert not failed

    def by_http(self, name: str, votes: list[bytes]) -> None:
        answer = Client(self.stack.settings.http_intake_port, self.tokens[name]).send(votes)
        if answer.status == 200:
            self.http_rejected.update(one["reason"] for one in answer.json["rejected"])
        else:
            self.problems.append((answer.status, answer.problem))


def own(code: str) -> tuple[str, ...]:
    """Of one consultation that sources share: its own people and proposals."""
    own_ones = ("--participants", f"{code}:*", "--proposals", f"{code}-*")
    return ("--consultations", "europe", *own_ones)


def votes(people: str, count: int, **fields: str) -> list[bytes]:
    given = {"consultation_id": "europe"} | fields
    return [vote(participant_id=f"{people}:{number}", **given) for number in range(count)]


def live_through(day: Day) -> None:
    stack = day.stack
    day.by_kafka(votes("anybody", 5, proposal_id="before"))  # open: no rule binds them, ever
    day.add("portugal", *own("pt"))
    day.add("france", *own("fr"))
    day.add("poland", *own("pl"), "--kafka-rate", "1")
    day.add("web", "--consultations", "http-killed", "--participants", "s*")
    stack.run("sources", "policy", "signed")
    day.by_http("portugal", votes("pt", 20))
    day.by_kafka(votes("fr", 20), "france")
    # Unsigned, forged, in another's name, foreign, and for another's people.
    day.by_kafka(votes("anybody", 3))
    day.by_kafka(votes("fr", 3, choice="disagree"), "france", key="ab" * 32)
    day.by_kafka(votes("fr", 3, choice="disagree"), "portugal", claims="france")
    day.by_kafka(votes("fr", 3, consultation_id="elsewhere"), "france")
    day.by_kafka(votes("pt", 3, choice="disagree"), "france")
    foreign = votes("pt", 1, consultation_id="elsewhere") + votes("fr", 1, choice="disagree")
    day.by_http("portugal", [*votes("pt", 1, proposal_id="good"), *foreign])
    # Over its rate: first by HTTP, then on Kafka, with intake killed in the midst of it.
    while (429, "too-many") not in day.problems:
        day.by_http("poland", votes("pl", 5, proposal_id="http"))
    day.by_kafka(votes("pl", FLOOD // 2), "poland")
    stack.kill("intake")
    day.by_kafka(votes("pl", FLOOD // 2, choice="neutral"), "poland")
    kill_the_http_intake_under_load(day)
    # A key is changed; the old one is good for a while. A source is revoked.
    rotated = stack.json("sources", "rotate", "france", "--overlap", OVERLAP_HOURS)
    day.by_kafka(votes("fr", 4, proposal_id="old"), "france")
    over_ms = system_clock() + int(float(OVERLAP_HOURS) * 3_600_000)
    assert wait_until(lambda: system_clock() > over_ms, 60, every_s=0.1)
    day.by_kafka(votes("fr", 4, proposal_id="older"), "france")
    day.by_kafka(votes("fr", 4, proposal_id="new"), "france", key=rotated["key"])
    stack.run("sources", "revoke", "portugal")
    day.by_http("portugal", votes("pt", 2, proposal_id="gone"))
    day.by_kafka(votes("pt", 2, proposal_id="gone"), "portugal")


def kill_the_http_intake_under_load(day: Day) -> None:
    over = threading.Event()
    port = day.stack.settings.http_intake_port
    sender = Sender(port, day.tokens["web"], "s", over)
    sender.start()
    assert wait_until(lambda: sender.batches >= KILLED_AFTER, 300, every_s=0.01)
    day.stack.kill("http_intake")
    assert wait_until(lambda: sender.batches >= 2 * KILLED_AFTER, 300, every_s=0.01)
    over.set()
    sender.join(120)
    assert not sender.is_alive()
    day.acknowledged, day.repeats = sender.acknowledged, sender.repeats


def naive_verdicts(day: Day) -> dict[Coordinates, tuple[str, bytes]]:
    """Coordinates → the naive verdict on what lies there, and its bytes."""
    naive = NaiveSources(day.stack.settings.sources)
    reader = kafka.consumer(day.stack.settings, "tests-signed")
    log = sorted(kafka.read_to_end(reader, VOTES), key=lambda one: (one.partition(), one.offset()))
    reader.close()
    return {
        (one.partition(), one.offset()): (
            naive.verdict(one.value(), one.headers(), one.partition(), one.timestamp()[1]),
            one.value(),
        )
        for one in log
    }
