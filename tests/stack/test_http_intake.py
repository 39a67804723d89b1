"""The HTTP intake on real services: receipts, refusals, kills, repeats."""

import gzip
import json
import threading
import time
import uuid
from http.client import HTTPException
from typing import Any

import psutil
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from raw_heads import ORIGINS, PAGES, speak
from schemathesis.specs.openapi.checks import positive_data_acceptance
from stack.naive import Ledger
from stack.sending import Client, vote

from infra.chdb_http.browser_guard import ANSWER_HEADERS
from infra.kafka import client as kafka
from infra.service.waiting import wait_until
from pipelines.http_intake.body import LINES, MAX_BODY_BYTES, MAX_MESSAGES
from schemas.topics import VOTES

BATCH, SENDERS, KILLS, MIN_BATCHES = 200, 3, 3, 60


@pytest.fixture(scope="module")
def token(stack) -> str:
    added = stack.json("sources", "add", "web", "--consultations", "http*", "--announces", "http*")
    return str(added["token"])


@pytest.fixture
def client(stack, token) -> Client:
    return Client(stack.settings.http_intake_port, token)


def agree(stack, consultation: str) -> dict[str, int]:
    """Proposal → ballots that agree."""
    stack.sync()
    rows = stack.rows(
        "SELECT proposal_id, sum(agree_all) FROM marts.agreement_by_country"
        " WHERE consultation_id = {c:String} GROUP BY proposal_id",
        c=consultation,
    )
    return dict(rows)


def ends(stack) -> dict[Any, int]:
    return kafka.ends(
        kafka.admin(stack.settings), [(VOTES.name, p) for p in range(VOTES.partitions)]
    )


def test_a_receipt_tells_what_was_accepted_where_it_lies_and_what_to_do_about_the_rest(
    stack, client
):
    good, bad = vote(consultation_id="http-receipt"), vote(choice="yes")
    other = vote(consultation_id="elsewhere")
    answer = client.send([good, bad, other, b"", b"{"])
    assert answer.status == 200
    receipt = answer.json
    assert receipt["accepted"] == 1
    assert [(one["line"], one["reason"]) for one in receipt["rejected"]] == [
        (2, "unknown_choice"),
        (3, "not_your_consultation"),
        (4, "empty"),
        (5, "not_json"),
    ]
    assert receipt["rejected"][0]["field"] == "choice"
    assert all(one["cure"].endswith(".") for one in receipt["rejected"])
    assert receipt["first"] == receipt["last"]
    place = receipt["first"]
    reader = kafka.read_range(
        stack.settings, VOTES, place["partition"], place["offset"], place["offset"] + 1
    )
    [message] = list(reader)
    assert message.value() == good
    assert message.key() == b"ana"
    assert dict(message.headers())["tutti-source"] == b"web"
    assert agree(stack, "http-receipt") == {"p-1": 1}


def test_all_kinds_are_taken_as_an_array_and_as_lines(stack, client):
    consultation = {"consultation_id": "http-kinds", "title": "Kinds"}
    proposal = {
        "consultation_id": "http-kinds",
        "proposal_id": "p-1",
        "text": "One.",
        "submitted_at": "2026-05-01T08:00:00Z",
    }
    votes = [json.loads(vote(consultation_id="http-kinds", participant_id=p)) for p in "abc"]
    for kind, events in (("consultations", [consultation]), ("proposals", [proposal])):
        answer = client.send([json.dumps(event).encode() for event in events], kind)
        assert answer.json["accepted"] == len(events)
    body = json.dumps(votes, indent=1).encode()
    answer = client.request("/v1/votes", body, content_type="application/json; charset=utf-8")
    assert answer.json["accepted"] == 3
    assert agree(stack, "http-kinds") == {"p-1": 3}


@pytest.mark.parametrize(
    ("status", "problem", "body", "headers"),
    [
        (401, "no-such-token", b"", {"authorization": ""}),
        (401, "no-such-token", b"", {"authorization": "Bearer tutti_nonsense"}),
        (401, "no-such-token", b"", {"authorization": "Basic d2ViOng="}),
        (403, "web-page", b"", {"origin": "http://evil.example"}),
        (403, "web-page", b"", {"sec_fetch_site": "cross-site"}),
        (403, "web-page", b"", {"host": "evil.example"}),
        (413, "too-large", b" " * (MAX_BODY_BYTES + 1), {}),
        (413, "too-large", b"{}\n" * (MAX_MESSAGES + 1), {}),
        (415, "unknown-media-type", b"{}", {"content_type": "text/plain"}),
        (415, "unknown-media-type", b"{}", {"content_encoding": "br"}),
        (422, "unreadable", b"", {}),
        (422, "unreadable", b"[{}", {"content_type": "application/json"}),
        (422, "unreadable", b"[" * 100_000, {"content_type": "application/json"}),
        (422, "unreadable", b"no gzip", {"content_encoding": "gzip"}),
        (422, "unreadable", gzip.compress(b"{}", mtime=0)[:-4], {"content_encoding": "gzip"}),
        (422, "bad-idempotency-key", b"{}", {"idempotency_key": "x" * 256}),
        (422, "all-rejected", b"{}", {}),
    ],
)
def test_what_is_no_batch_is_refused_in_one_form(client, status, problem, body, headers):
    answer = client.request("/v1/votes", body, **headers)
    assert (answer.status, answer.problem) == (status, problem)


@pytest.mark.parametrize("headers", [*PAGES, *ORIGINS])
def test_no_header_hides_another(stack, headers):
    port = stack.settings.http_intake_port
    assert speak(port, "GET /openapi.json HTTP/1.1", *headers).status in {400, 403}


@pytest.mark.parametrize(
    ("first", "status"),
    [("GET /openapi.json HTTP/1.1", 200), ("POST /v1/votes HTTP/1.1", 401), ("nonsense", 400)],
)
def test_no_browser_keeps_an_answer_or_makes_a_page_of_it(stack, first, status):
    reply = speak(stack.settings.http_intake_port, first, "Host: {own}", "Content-Length: 0")
    assert reply.status == status
    assert reply.headers | {k.lower(): v for k, v in ANSWER_HEADERS.items()} == reply.headers


def test_two_tokens_are_none(stack, token):
    both = (f"Authorization: Bearer {token}", "Authorization: Bearer other")
    for one in (both, both[::-1]):
        first = "POST /v1/votes HTTP/1.1"
        assert speak(stack.settings.http_intake_port, first, "Host: {own}", *one).status == 401


def test_other_addresses_and_methods_are_refused_in_the_same_form(client):
    assert client.request("/", b"").problem == "no-such-address"
    answer = client.request("/v1/votes", None, "GET")
    assert (answer.status, answer.problem) == (405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"


def test_a_bomb_of_gzip_is_refused_without_unpacking_it(stack, client):
    bomb = gzip.compress(gzip.compress(b"\0" * (1 << 30)), 1)
    process = psutil.Process(stack.pid("http_intake"))
    before = process.memory_info().rss
    answer = client.request("/v1/votes", gzip.decompress(bomb), content_encoding="gzip")
    assert (answer.status, answer.problem) == (413, "too-large")
    assert process.memory_info().rss - before < 128 * 1024 * 1024


def test_a_repeated_key_gets_its_receipt_again_and_nothing_is_sent(stack, client):
    batch = [vote(consultation_id="http-repeat", participant_id=p) for p in "ab"]
    first = client.send(batch, idempotency_key="repeat-1")
    assert first.status == 200
    assert "idempotency-replayed" not in first.headers
    at = ends(stack)
    again = client.send(batch, idempotency_key="repeat-1")
    assert (again.status, again.content) == (200, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert ends(stack) == at
    other = client.send(batch[:1], idempotency_key="repeat-1")
    assert (other.status, other.problem) == (422, "other-batch")
    without = client.send(batch)
    assert without.json["accepted"] == 2  # sent again, and counted once
    assert agree(stack, "http-repeat") == {"p-1": 2}


def test_a_source_beyond_its_rate_is_told_when_to_come_again(stack):
    added = stack.json("sources", "add", "slow", "--consultations", "slow-http", "--rate", "1")
    client = Client(stack.settings.http_intake_port, added["token"])
    batch = [vote(consultation_id="slow-http", participant_id=str(n)) for n in range(6)]
    answers = [client.send(batch) for _ in range(2)]
    if answers[1].status == 200:  # a new window began between the two
        answers.append(client.send(batch))
    assert answers[0].status == 200
    assert (answers[-1].status, answers[-1].problem) == (429, "too-many")
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 10
    assert client.send(batch * 2).problem == "too-large"  # never fits


class Sender(threading.Thread):
    """Sends batches one after the other; one without an answer is sent again with its key."""

    def __init__(self, port: int, token: str, name: str, over: threading.Event) -> None:
        super().__init__(daemon=True)
        self.client, self.prefix, self.over = Client(port, token), name, over
        self.batches = self.repeats = 0
        self.acknowledged: list[bytes] = []

    def run(self) -> None:
        while not self.over.is_set():
            batch = [
                vote(
                    consultation_id="http-killed",
                    proposal_id=f"p-{number % 7}",
                    participant_id=f"{self.prefix}:{self.batches}:{number}",
                )
                for number in range(BATCH)
            ]
            key = str(uuid.uuid4())
            while True:
                try:
                    answer = self.client.send(batch, idempotency_key=key)
                except (OSError, HTTPException):
                    answer = None
                if answer is not None and answer.status == 200:
                    break
                self.repeats += 1
                time.sleep(0.05)
            assert answer.json["accepted"] == BATCH
            self.acknowledged += batch
            self.batches += 1


@pytest.fixture(scope="module")
def killed(stack, token) -> list[Sender]:
    over = threading.Event()
    port = stack.settings.http_intake_port
    senders = [Sender(port, token, f"s{number}", over) for number in range(SENDERS)]
    for sender in senders:
        sender.start()
    for kill in range(1, KILLS + 1):
        wanted = kill * MIN_BATCHES // KILLS
        assert wait_until(lambda w=wanted: sum(s.batches for s in senders) >= w, 300, every_s=0.01)
        stack.kill("http_intake")
    wanted = MIN_BATCHES + SENDERS
    assert wait_until(lambda: sum(s.batches for s in senders) >= wanted, 300, every_s=0.01)
    over.set()
    for sender in senders:
        sender.join(120)
        assert not sender.is_alive()
    return senders


def test_what_was_acknowledged_is_counted_although_the_service_was_killed(stack, killed):
    assert sum(sender.repeats for sender in killed) > 0
    expected: dict[str, int] = {}
    for sender in killed:
        for payload in sender.acknowledged:
            proposal = json.loads(payload)["proposal_id"]
            expected[proposal] = expected.get(proposal, 0) + 1
    assert agree(stack, "http-killed") == expected


def test_the_log_counted_naively_and_by_beam_says_the_same(stack, killed):
    ledger = Ledger()
    reader = kafka.consumer(stack.settings, "tests-http")
    for message in kafka.read_to_end(reader, VOTES):
        if b'"http-killed"' in (message.value() or b""):
            ledger.add(message.value(), message.partition(), message.offset())
    reader.close()
    naive: dict[str, int] = {}
    for cell, counts in ledger.cells().items():
        naive[cell[1]] = naive.get(cell[1], 0) + counts["agree"]
    assert agree(stack, "http-killed") == naive
    assert stack.json("reconcile")["verdict"] == "equal"


def test_generated_requests_meet_no_server_error_and_the_documented_answers(stack, token):
    """What the document allows is answered as it says, and so is what it does not."""
    base = f"http://127.0.0.1:{stack.settings.http_intake_port}"
    for media_type in LINES:
        schemathesis.serializer.alias(media_type, "text/plain")
    schema = schemathesis.openapi.from_url(f"{base}/openapi.json")

    for operation in schema.get_all_operations():
        run_operation(operation.ok(), base, token)


def run_operation(operation: Any, base: str, token: str) -> None:
    @given(case=operation.as_strategy())
    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def each(case: Any) -> None:
        answer = case.call(base_url=base, headers={"authorization": f"Bearer {token}"}, timeout=60)
        assert answer.status_code < 500
        # A schema cannot say which consultations are whose, nor that a time is a real one.
        case.validate_response(answer, excluded_checks=[positive_data_acceptance])

    each()


def test_no_secret_stands_in_a_log(stack, token):
    for file in stack.settings.logs.iterdir():
        assert token.encode() not in file.read_bytes()
    assert token not in json.dumps(stack.json("sources", "list"))
