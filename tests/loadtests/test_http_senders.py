"""Every vote of the load is another one, and what has no receipt is sent again."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

import msgspec

from loadtests import http_senders as subject
from schemas.events import Vote
from schemas.rules import validate_vote

NOW = 1_790_000_000_000


def plan(**changed) -> subject.SenderPlan:
    given = subject.SenderPlan(1, "token", "http-load", 1_000, 1_050, 500, 3, NOW)
    return msgspec.structs.replace(given, **changed)


def test_batches_hold_all_votes_once_and_each_is_valid():
    batches = [gzip.decompress(body).split(b"\n") for body in subject.bodies(plan())]
    assert [len(batch) for batch in batches] == [500, 500, 50]
    votes = [validate_vote(line, NOW) for batch in batches for line in batch]
    assert all(isinstance(vote, Vote) for vote in votes)
    people = {vote.participant_id for vote in votes}
    assert len(people) == 1_050
    assert people == {f"person:{number:09d}" for number in range(1_000, 2_050)}
    assert {vote.choice for vote in votes} == {"agree", "disagree", "neutral"}


@contextmanager
def answering(*statuses: int) -> Iterator[tuple[int, list[tuple[str, int]]]]:
    """A server that gives these answers first, then receipts; its port, and keys with votes."""
    seen: list[tuple[str, int]] = []
    left, lock = list(statuses), Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = gzip.decompress(self.rfile.read(int(self.headers["content-length"])))
            assert self.headers["authorization"] == "Bearer token"
            votes = body.count(b"\n") + 1
            with lock:
                seen.append((self.headers["idempotency-key"], votes))
                status = left.pop(0) if left else 200
            content = json.dumps({"accepted": votes, "rejected": []}).encode()
            self.send_response(status)
            self.send_header("retry-after", "0")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port, seen
    finally:
        server.shutdown()
        server.server_close()


def test_a_batch_is_sent_again_under_its_key_until_it_is_acknowledged():
    with answering(429, 503) as (port, seen):
        asked = plan(port=port)
        sent = subject.BatchSenders(asked, list(subject.bodies(asked))).send()
    assert (sent.accepted, sent.again, sent.lost) == (1_050, 2, 0)
    assert len(sent.answer_s) == 3
    assert len(seen) == 5
    assert len(set(seen)) == 3


def test_a_refusal_that_stays_is_lost_and_told():
    with answering(401) as (port, _seen):
        asked = plan(port=port, connections=1)
        sent = subject.BatchSenders(asked, list(subject.bodies(asked))).send()
    assert (sent.accepted, sent.again, sent.lost) == (550, 0, 1)
