"""The senders' process: batches of votes for the HTTP intake, over connections that stay open.

It reads a plan from standard input, prepares every batch, says how many there are, waits for a
line, sends all of them, and says what became of them.
"""

import gzip
import resource
import sys
import time
import uuid
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

import msgspec

from schemas.times import format_instant

PROPOSALS: Final = 500
COUNTRIES: Final = ("DE", "ES", "FR", "IT", "PL", "PT", "RO", "SE")
CHOICES: Final = ("agree", "agree", "disagree", "neutral")
AGAIN: Final = frozenset({0, 408, 409, 429, 500, 503})
"""Answers, and none, after which a batch is sent again."""
TAKEN: Final = 200
PACK_LEVEL: Final = 1


class SenderPlan(msgspec.Struct, frozen=True):
    """What to send.

    Attributes:
        port: Of the HTTP intake.
        token: Of a source.
        consultation_id: Of all votes.
        first: Number of the first vote; no two votes of a number differ.
        votes: How many.
        batch: Votes in a batch.
        connections: That send at the same time, one batch after the other.
        cast_ms: When all were cast, ms since 1970.
    """

    port: int
    token: str
    consultation_id: str
    first: int
    votes: int
    batch: int
    connections: int
    cast_ms: int


class BatchesSent(msgspec.Struct, frozen=True):
    """What became of the batches.

    Attributes:
        accepted: Votes that receipts acknowledge.
        again: Batches that had to be sent again, once for each time.
        lost: Batches with an answer that stays and is no receipt.
        seconds: From the first request to the last answer.
        cpu_s: CPU of this process meanwhile.
        answer_s: How long each batch took from its last request to its receipt.
    """

    accepted: int
    again: int
    lost: int
    seconds: float
    cpu_s: float
    answer_s: list[float]


class _Acknowledged(msgspec.Struct):
    accepted: int


_acknowledged: Final = msgspec.json.Decoder(_Acknowledged)


def bodies(plan: SenderPlan) -> Iterator[bytes]:
    """The batches, packed: each vote another participant's, as a campaign's back end writes it."""
    cast_at = format_instant(plan.cast_ms)
    for start in range(plan.first, plan.first + plan.votes, plan.batch):
        end = min(start + plan.batch, plan.first + plan.votes)
        lines = (
            msgspec.json.encode(
                {
                    "consultation_id": plan.consultation_id,
                    "proposal_id": f"p-{number % PROPOSALS:03d}",
                    "participant_id": f"person:{number:09d}",
                    "country": COUNTRIES[number % len(COUNTRIES)],
                    "choice": CHOICES[number // 7 % len(CHOICES)],
                    "cast_at": cast_at,
                }
            )
            for number in range(start, end)
        )
        yield gzip.compress(b"\n".join(lines), PACK_LEVEL)


class BatchSenders:
    """Connections that take batches from one queue."""

    def __init__(self, plan: SenderPlan, batches: list[bytes]) -> None:
        self._plan = plan
        self._queue: SimpleQueue[bytes] = SimpleQueue()
        for batch in batches:
            self._queue.put(batch)
        self._accepted: list[int] = []
        self._again: list[int] = []
        self._lost: list[int] = []
        self._answer_s: list[float] = []

    def send(self) -> BatchesSent:
        """Send all batches."""
        threads = [Thread(target=self._work) for _ in range(self._plan.connections)]
        before_s, began_s = _cpu_s(), time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return BatchesSent(
            sum(self._accepted),
            len(self._again),
            len(self._lost),
            time.monotonic() - began_s,
            _cpu_s() - before_s,
            self._answer_s,
        )

    def _work(self) -> None:
        connection = HTTPConnection("127.0.0.1", self._plan.port, timeout=60)
        while True:
            try:
                body = self._queue.get_nowait()
            except Empty:
                connection.close()
                return
            self._deliver(connection, body)

    def _deliver(self, connection: HTTPConnection, body: bytes) -> None:
        key = str(uuid.uuid4())
        while True:
            began_s = time.monotonic()
            status, content, wait_s = self._post(connection, body, key)
            if status == TAKEN:
                self._answer_s.append(time.monotonic() - began_s)
                self._accepted.append(_acknowledged.decode(content).accepted)
                return
            if status not in AGAIN:
                self._lost.append(status)
                return
            self._again.append(status)
            time.sleep(wait_s)

    def _post(self, connection: HTTPConnection, body: bytes, key: str) -> tuple[int, bytes, int]:
        headers = {
            "authorization": f"Bearer {self._plan.token}",
            "content-type": "application/x-ndjson",
            "content-encoding": "gzip",
            "idempotency-key": key,
        }
        try:
            connection.request("POST", "/v1/votes", body, headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException):
            connection.close()
            return 0, b"", 1
        return answer.status, content, int(answer.getheader("retry-after") or 1)


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Send as the input says."""
    plan = msgspec.json.decode(sys.stdin.readline(), type=SenderPlan)
    batches = list(bodies(plan))
    sys.stdout.write(f"{len(batches)}\n")
    sys.stdout.flush()
    sys.stdin.readline()
    sys.stdout.buffer.write(msgspec.json.encode(BatchSenders(plan, batches).send()) + b"\n")


if __name__ == "__main__":
    main()
