"""The arrival ledger of the real stack is equal to a recount of the raw topic, kills included."""

import json
import urllib.request

import pytest
from arrivals_recount import KNOWN, MessagePlace, recount, troubled_votes
from orjson import dumps, loads

from infra.clickhouse.client import ClickHouseUnavailableError
from infra.kafka import client as kafka
from infra.service.waiting import wait_until
from operators.core.clock import system_clock
from pipelines.exchange.send import Sender
from schemas.times import format_instant
from schemas.topics import VOTES

NAME = "arrivals-live"
HOUR_MS = 3_600_000


def send(stack, votes) -> None:
    sender = Sender(stack.settings)
    for vote in votes:
        sender.send("votes", dumps(vote))
    assert not sender.finish().failed


@pytest.fixture(scope="module")
def sent(stack):
    """Votes before, between and after kills; intake and sink process some of them twice."""
    sender = Sender(stack.settings)
    sender.send("consultations", dumps({"consultation_id": NAME, "title": "Arrivals"}))
    for proposal in KNOWN:
        fields = {"consultation_id": NAME, "proposal_id": proposal, "text": proposal}
        sender.send("proposals", dumps(fields | {"submitted_at": "2026-05-01T12:00:00Z"}))
    sender.finish()
    for seed, service in enumerate(("intake", "sink", "intake", "sink", "clickhouse")):
        send(stack, troubled_votes(NAME, seed, 2_000, system_clock()))
        old = stack.pid(service)
        stack.kill(service)
        send(stack, troubled_votes(NAME, 10 + seed, 500, system_clock()))
        assert wait_until(lambda s=service, o=old: stack.pid(s) not in (0, o), 300, every_s=0.1)
    assert wait_until(lambda: answers(stack), 300, every_s=0.5)
    stack.sync(timeout=240)
    reader = kafka.consumer(stack.settings, "tests-arrivals")
    found = [
        (
            loads(message.value()),
            MessagePlace(message.partition(), message.offset(), message.timestamp()[1]),
        )
        for message in kafka.read_to_end(reader, VOTES)
        if f'"{NAME}"'.encode() in (message.value() or b"")
    ]
    reader.close()
    return found


def answers(stack) -> bool:
    """Whether ClickHouse, killed before, has started again."""
    try:
        return bool(stack.rows("SELECT 1"))
    except ClickHouseUnavailableError:
        return False


def place_of(message) -> MessagePlace:
    return MessagePlace(message.partition(), message.offset(), message.timestamp()[1])


def test_every_cell_equals_the_recount_of_the_raw_topic(stack, sent):
    cells, rejections = recount(sent)
    found = stack.rows(
        "SELECT toUnixTimestamp(minute), source, country, kind, received, accepted, rejected, late,"
        " replaced, unknown_proposal FROM marts.arrivals"
        " WHERE consultation_id = {id:String} AND kind = 'votes'",
        id=NAME,
    )
    assert len(sent) == 5 * 2_500
    assert sorted(map(list, found)) == sorted(cells)
    rows = stack.rows(
        "SELECT toUnixTimestamp(minute), source, country, kind, reason, messages"
        " FROM marts.refusals WHERE consultation_id = {id:String}",
        id=NAME,
    )
    assert {tuple(map(str, row[:-1])): row[-1] for row in rows} == rejections


def test_the_command_shows_the_same_by_source_with_cures(stack, sent):
    shown = stack.json("arrivals", NAME, "--source", "tv")
    ours = [vote for vote, _ in sent if vote.get("source") == "tv"]
    assert sum(c["received"] for c in shown["cells"] if c["kind"] == "votes") == len(ours)
    assert {one["reason"] for one in shown["rejections"]} == {"unknown_choice", "bad_country"}
    assert all(one["cure"] for one in shown["rejections"])
    assert "received" in stack.run("arrivals", NAME)


def test_an_unknown_consultation_is_said_to_be_one(stack):
    assert "no consultation" in stack.errors("arrivals", "nobody-knows-it").lower()


def test_a_manifest_shows_what_is_missing(stack):
    name = "arrivals-manifest"
    added = stack.json("sources", "add", "portugal", "--consultations", name)
    now_ms = system_clock()
    vote = {
        "consultation_id": name, "proposal_id": "p", "choice": "agree", "country": "PT",
        "cast_at": "2026-05-01T12:00:00Z",
    }  # fmt: skip
    votes = [vote | {"participant_id": str(n)} for n in range(9)]
    assert post(stack, added["token"], "votes", votes)["accepted"] == 9
    counts = [  # the next hour too, which may begin while the test runs
        {"hour": f"{format_instant(at)[:13]}:00:00Z", "country": "PT", "messages": messages}
        for at, messages in ((now_ms, 10), (now_ms + HOUR_MS, 0))
    ]
    manifest = {"consultation_id": name, "counts": counts}
    assert post(stack, added["token"], "manifests", manifest) == {"counts": 2, "messages": 10}

    stack.sync(timeout=240)  # until then nobody has heard of this consultation

    def compared():
        return stack.json("arrivals", name)["manifests"]

    assert wait_until(lambda: [m["difference"] for m in compared()] == [-1], 240, every_s=0.5)
    assert compared()[0]["source"] == "portugal"


def post(stack, token: str, what: str, body):
    request = urllib.request.Request(
        f"http://127.0.0.1:{stack.settings.http_intake_port}/v1/{what}",
        json.dumps(body).encode(),
        {"content-type": "application/json", "authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return json.loads(answer.read())
