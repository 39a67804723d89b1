"""Hostile input through the real services: floods, sizes, times, hot proposals and participants."""

import random
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from orjson import dumps
from stack.naive import Ledger

from infra.kafka import client as kafka
from operators.core.clock import system_clock
from schemas.rejections import Reason
from schemas.times import format_instant
from schemas.topics import ACCEPTED_VOTES, DEAD_LETTERS, VOTES

FLOOD = 50_000
GOOD_IN_FLOOD = 5_000
HOT_VOTES = 50_000
REVOTES = 20_000
BUSY_PROPOSALS = 3_000

TopicPartition = tuple[int, int]


@dataclass
class Sent:
    """What the broker acknowledged, where it stands and what it must become."""

    ledger: Ledger = field(default_factory=Ledger)
    answers: dict[TopicPartition, str] = field(default_factory=dict)
    names: dict[str, TopicPartition] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    log_lines: list[int] = field(default_factory=list)


def vote(proposal: str, participant: str, choice: str = "agree", **fields: Any) -> bytes:
    return dumps(
        {
            "consultation_id": "hostile",
            "proposal_id": proposal,
            "participant_id": participant,
            "choice": choice,
            "cast_at": "2026-05-01T12:00:00.000Z",
        }
        | fields
    )


def sized(size: int) -> bytes:
    """A vote of exactly that many bytes, which do not compress."""
    noise = b64encode(random.Random(size).randbytes(size)).decode()
    bare = vote("sizes", f"s-{size}", note="")
    return vote("sizes", f"s-{size}", note=noise[: size - len(bare)])


def spoiled(number: int) -> tuple[bytes, Reason]:
    """A message of the flood, and why it must be refused."""
    good = vote("calm", f"n-{number}")
    kinds: tuple[tuple[bytes, Reason], ...] = (
        (vote("calm", f"n-{number}", "perhaps"), "unknown_choice"),
        (good[:-1], "not_json"),
        (b"[" + good + b"]", "not_object"),
        (vote("calm", f"n {number}"), "bad_identifier"),
        (b"\xff\xfe" + good, "not_json"),
        (good.replace(b"participant_id", b"participant"), "missing_field"),
        (vote("calm", f"n-{number}", country=None), "wrong_type"),
        (b"[" * 5_000, "too_deep"),
        (b"", "empty"),
        (vote("calm", f"n-{number}", cast_at="1970-01-01T00:00:00Z"), "bad_time"),
    )
    return kinds[number % len(kinds)]


@pytest.fixture(scope="module")
def sent(stack) -> Sent:
    """All of it, sent as fast as the broker takes it, in one seeded order."""
    noted = Sent()
    producer = kafka.producer(stack.settings)

    def send(payload: bytes, key: bytes, answer: str, name: str = "") -> None:
        def note(error, message) -> None:
            if error is not None:
                noted.lost.append(f"{name}: {error.name()}")
                return
            place = (message.partition(), message.offset())
            noted.answers[place] = answer
            if name:
                noted.names[name] = place
            if answer == "accepted" and b".000Z" in payload:
                noted.ledger.add(payload, *place)

        while True:
            try:
                producer.produce(VOTES.name, payload, key, on_delivery=note)
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)

    log = stack.settings.logs / "intake.log"
    noted.log_lines.append(log.read_bytes().count(b"\n"))
    for number in range(FLOOD):
        send(*_flooding(number))
        if not number % (FLOOD // GOOD_IN_FLOOD):
            person = f"calm-{number}"
            send(vote("calm", person, country="FR"), person.encode(), "accepted")
    producer.flush(120)
    stack.sync()
    noted.log_lines.append(log.read_bytes().count(b"\n"))

    choices = random.Random(7)
    for number in range(HOT_VOTES):
        person = f"hot-{number}"
        choice = choices.choice(["agree", "agree", "disagree", "neutral"])
        send(vote("hot", person, choice, country="DE"), person.encode(), "accepted")
    minutes = list(range(REVOTES))
    choices.shuffle(minutes)
    for number in minutes:  # the latest is in the midst; two of each instant
        cast_at = format_instant(1_777_636_800_000 + number // 2 * 1_000)
        choice = choices.choice(["agree", "disagree", "neutral", "withdrawn"])
        send(vote("fickle", "fickle", choice, cast_at=cast_at), b"fickle", "accepted")
    for number in range(BUSY_PROPOSALS):
        send(vote(f"busy-{number}", "busy"), b"busy", "accepted")

    now = system_clock()
    for name, cast_at, answer in (
        ("before 2000", "1999-12-31T23:59:59.999Z", "bad_time"),
        ("since 2000", "2000-01-01T00:00:00Z", "accepted"),
        ("the year 9999", "9999-12-31T23:59:59.999Z", "future_time"),
        ("the year 10000", "10000-01-01T00:00:00Z", "bad_time"),
        ("in an hour", format_instant(now + 3_600_000), "future_time"),
        ("in two minutes", format_instant(now + 120_000)[:-5] + "Z", "accepted"),
    ):
        send(vote("times", name.replace(" ", "-"), cast_at=cast_at), b"times", answer, name)
    for size in (65_536, 65_537, 1_000_000, 1_048_000):
        answer = "accepted" if size <= 65_536 else "too_long"
        send(sized(size), b"sizes", answer, f"{size} bytes")
    # Within the client's limit, but with Kafka's overhead beyond the broker's.
    send(sized(1_048_530), b"sizes", "refused by the broker", "1 MiB")
    producer.flush(120)
    stack.sync()
    return noted


def _flooding(number: int) -> tuple[bytes, bytes, str]:
    payload, reason = spoiled(number)
    return payload, b"attacker", reason


@pytest.fixture(scope="module")
def became(stack, sent) -> dict[TopicPartition, list[str]]:
    """TopicPartition → each answer that intake has given, in the topics themselves."""
    output: dict[TopicPartition, list[str]] = {}
    for topic in (ACCEPTED_VOTES, DEAD_LETTERS):
        reader = kafka.consumer(stack.settings, "tests")
        for message in kafka.read_to_end(reader, topic):
            record = msgspec.json.decode(message.value())
            if topic is ACCEPTED_VOTES:
                place = (record["origin_partition"], record["origin_offset"])
            elif record["topic"] == VOTES.name:
                place = (record["partition"], record["offset"])
            else:
                continue
            if place in sent.answers:
                output.setdefault(place, []).append(record.get("reason", "accepted"))
        reader.close()
    return output


def test_each_message_ends_exactly_once_in_accepted_or_in_dead_letters(sent, became):
    assert len(sent.answers) > FLOOD + GOOD_IN_FLOOD + HOT_VOTES + REVOTES + BUSY_PROPOSALS
    assert became == {place: [answer] for place, answer in sent.answers.items()}


def test_the_dead_letters_shown_are_exactly_those_of_the_flood(stack, sent):
    rows = stack.rows(
        "SELECT partition, offset, reason FROM marts.dead_letters WHERE topic = {topic:String}",
        topic=VOTES.name,
    )
    shown = {(p, o): reason for p, o, reason in rows if (p, o) in sent.answers}
    refused = {place: answer for place, answer in sent.answers.items() if answer != "accepted"}
    assert shown == refused
    assert len(rows) == len({row[:2] for row in rows})


def test_the_flood_raises_an_alarm_and_does_not_fill_the_log(stack, sent):
    log = (stack.settings.logs / "intake.log").read_text().splitlines()
    before, after = sent.log_lines
    during = log[before:after]
    alarms = [msgspec.json.decode(line) for line in during if "most_messages_rejected" in line]
    assert alarms
    assert all(alarm["rejected"] > alarm["messages"] / 2 for alarm in alarms)
    # At most one line a second says so, and none per message.
    assert len(during) < FLOOD / 100
    assert "n-17" not in "".join(during)  # nor anything of what they hold


def cells(stack) -> dict[tuple[str, ...], dict[str, int]]:
    answer = stack.clickhouse().query(
        "SELECT consultation_id, proposal_id, country, trust, agree, disagree, neutral"
        " FROM tutti.cells WHERE consultation_id = 'hostile'"
    )
    named = answer.named_results()
    return {
        (row["consultation_id"], row["proposal_id"], row["country"], row["trust"]): {
            name: row[name] for name in ("agree", "disagree", "neutral") if row[name]
        }
        for row in named
    }


def test_good_votes_within_the_flood_hot_ones_and_re_votes_are_counted_exactly(stack, sent):
    expected = sent.ledger.cells()
    shown = {cell: count for cell, count in cells(stack).items() if count}
    beside = {cell for cell in shown if cell[1] == "times"}
    assert {cell: count for cell, count in shown.items() if cell not in beside} == expected
    per_proposal: Counter[str] = Counter()
    for (_, proposal, *_), count in shown.items():
        per_proposal[proposal] += sum(count.values())
    assert per_proposal["calm"] == GOOD_IN_FLOOD
    assert per_proposal["hot"] == HOT_VOTES
    assert per_proposal["fickle"] <= 1
    assert sum(per_proposal[f"busy-{n}"] for n in range(BUSY_PROPOSALS)) == BUSY_PROPOSALS
    assert per_proposal["sizes"] == 1
    assert per_proposal["times"] == 2


def test_a_person_is_one_person_however_often_they_vote(stack, sent):
    [(people,)] = stack.rows(
        "SELECT participants FROM marts.participation"
        " WHERE consultation_id = 'hostile' AND country = 'all' AND hour IS NULL"
    )
    withdrawn = {
        person
        for (_, proposal, person), (_, last) in sent.ledger.latest.items()
        if proposal == "fickle" and last["choice"] == "withdrawn"
    }
    people_of_ledger = {person for _, _, person in sent.ledger.latest} - withdrawn
    assert people == len(people_of_ledger) + 2  # those of `times`


def test_a_message_beyond_the_broker_s_limit_is_reported_to_its_sender(stack, sent):
    assert sent.lost == ["1 MiB: MSG_SIZE_TOO_LARGE"]
    receipt = stack.run(
        "send", "-", "--kind", "votes", "--json", data=sized(2_000_000) + b"\n" + sized(900), code=1
    )
    report = msgspec.json.decode(receipt)["votes"]
    assert (report["sent"], report["acknowledged"]) == (2, 1)
    assert list(report["failed"].values()) == [1]


def test_everything_still_adds_up(stack, sent):
    stack.sync()
    assert {row[4] for row in stack.reconciliation()} == {"equal"}
