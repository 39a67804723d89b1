"""``tutti dlq`` on the real stack: refused, shown, and valid when their time has come."""

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import NewTopic
from orjson import dumps
from stack.test_commands import until

from infra.kafka import client as kafka
from operators.core.clock import system_clock
from pipelines.dlq.letters import DeadLetter, Wanted, originals, statistics
from schemas.times import FUTURE_TOLERANCE_MS, format_instant
from schemas.topics import INPUT

EARLY_MS = 25_000
"""How long after sending the messages of the future become valid."""

DATE = "2026-05-01T12:00:00Z"


@dataclass
class Refused:
    """What was sent and must have been refused; the time from which some of it is valid."""

    since: str
    valid_at_ms: int = 0
    places: dict[str, str] = field(default_factory=dict)


def vote(participant: str, **fields: object) -> bytes:
    return dumps(
        {
            "consultation_id": "sent-again",
            "proposal_id": "p-late",
            "participant_id": participant,
            "choice": "agree",
            "cast_at": DATE,
        }
        | fields
    )


def proposal(name: str, text: str, submitted_at: str) -> bytes:
    return dumps(
        {
            "consultation_id": "sent-again",
            "proposal_id": name,
            "text": text,
            "submitted_at": submitted_at,
        }
    )


@pytest.fixture(scope="module")
def refused(stack) -> Refused:
    now = system_clock()
    made = Refused(since=format_instant(now - 1_000))
    made.valid_at_ms = now + EARLY_MS
    soon = format_instant(now + FUTURE_TOLERANCE_MS + EARLY_MS)
    producer = kafka.producer(stack.settings)

    def send(name, kind, payload, key, partition=-1) -> None:
        def note(error, message) -> None:
            assert error is None
            made.places[name] = f"{message.topic()}/{message.partition()}/{message.offset()}"

        producer.produce(INPUT[kind].name, payload, key, partition, on_delivery=note)

    send("early", "votes", vote("early", cast_at=soon), b"early")
    # Keys of campaigns that chose their own; murmur2 of `own key` is another partition than 3.
    for partition in range(4):
        name = f"own-{partition}"
        send(name, "votes", vote(name, cast_at=soon), b"own key", partition)
    send("keyless", "votes", vote("keyless", cast_at=soon), None, 2)
    send("never", "votes", vote("never", choice="\x1b[2Jyes", note="x" * 9_000), b"never")
    send("tombstone", "votes", None, b"tombstone")
    send("new", "proposals", proposal("p-late", "late", soon), b"again/p-late")
    send("old", "proposals", proposal("p-mended", "wrong clock", soon), b"again/p-mended")
    send("mended", "proposals", proposal("p-mended", "right clock", DATE), b"again/p-mended")
    assert producer.flush(30) == 0
    stack.sync()
    return made


def replay(stack, refused, *options) -> dict[str, object]:
    return stack.json("dlq", "replay", "--since", refused.since, *options)


def ends(stack):
    places = [(topic.name, p) for topic in INPUT.values() for p in range(topic.partitions)]
    return kafka.ends(kafka.admin(stack.settings), places)


def test_stats_count_by_reason_with_an_example(stack, refused):
    found = stack.json("dlq", "stats", "--since", refused.since)
    rows = {(row["topic"], row["reason"]): row for row in found}
    assert rows["tutti.votes.v1", "future_time"]["messages"] == 6
    assert rows["tutti.proposals.v1", "future_time"]["messages"] == 2
    assert rows["tutti.votes.v1", "empty"]["example"] == refused.places["tombstone"]
    choice = rows["tutti.votes.v1", "unknown_choice"]
    assert choice["fields"] == ["choice"]
    assert refused.since <= choice["first"] <= choice["last"]
    assert choice["cure"]
    assert "unknown_choice" in stack.run("dlq", "stats", "--since", refused.since)


@pytest.mark.parametrize(
    ("asked", "reasons"),
    [
        ({"kind": "votes"}, {"future_time", "unknown_choice", "empty"}),
        ({"kind": "proposals"}, {"future_time"}),
        ({"reason": "empty"}, {"empty"}),
        ({"field": "choice"}, {"unknown_choice"}),
        ({"field": "cast"}, set()),
        ({"since": datetime(2999, 1, 1, tzinfo=UTC)}, set()),
        ({"until": datetime(2000, 1, 1, tzinfo=UTC)}, set()),
    ],
)
def test_filters_narrow_the_choice(stack, refused, asked, reasons):
    since = datetime.fromisoformat(refused.since)
    found = statistics(stack.clickhouse(), Wanted(**{"since": since} | asked), 100)
    assert {row.reason for row in found} == reasons


def test_options_narrow_the_choice(stack, refused):
    options = ["--topic", "tutti.votes.v1", "--field", "choice", "--until", "9999-01-01"]
    [found] = stack.json("dlq", "stats", "--since", refused.since, *options)
    assert found["reason"] == "unknown_choice"


def test_show_fetches_the_message_by_its_coordinates(stack, refused):
    [shown] = stack.json("dlq", "show", refused.places["never"])
    assert shown["message"] == refused.places["never"]
    assert shown["reason"] == "unknown_choice"
    assert shown["found"] == '"\\u001b[2Jyes"'
    assert shown["key"] == "never"
    assert shown["content"].startswith('{"consultation_id":"sent-again"')
    assert shown["content"].endswith(
        f"({len(vote('never', choice=chr(27) + '[2Jyes', note='x' * 9_000))} bytes)"
    )
    assert shown["gone"] is None
    output = stack.run("dlq", "show", refused.places["never"])
    assert "\x1b" not in output
    assert "Send agree, disagree" in output
    empty = stack.errors("dlq", "show", "--since", "9998-01-01", code=0)
    assert "No such message was rejected." in empty


def test_show_warns_of_identities_and_shows_a_tombstone_as_nothing(stack, refused):
    assert "own ids" in stack.errors("dlq", "show", refused.places["tombstone"], code=0)
    [tombstone] = stack.json("dlq", "show", "--since", refused.since, "--reason", "empty")
    assert (tombstone["found"], tombstone["content"]) == ("nothing", "")


def test_show_names_the_newest_by_filter(stack, refused):
    options = ["--since", refused.since, "--kind", "votes", "--limit", "3"]
    found = stack.json("dlq", "show", *options)
    assert len(found) == 3
    assert [entry["received"] for entry in found] == sorted(
        (entry["received"] for entry in found), reverse=True
    )


def test_where_nothing_was_rejected_there_is_nothing_to_show(stack, refused):
    assert "nothing was rejected there" in stack.errors("dlq", "show", "tutti.votes.v1/0/99999999")


def test_what_retention_has_removed_is_gone_and_what_stands_there_now_is_not_taken_for_it(stack):
    """On a topic of its own; the message sought is known by coordinates, time and size."""
    broker = kafka.admin(stack.settings)
    topic = "tutti.test-gone.v1"
    broker.create_topics([NewTopic(topic, 2, 1)])[topic].result(10)
    producer = kafka.producer(stack.settings)
    letters = []

    def note(error, message) -> None:
        assert error is None
        received = kafka_time(message.timestamp()[1])
        place = (message.topic(), message.partition(), message.offset())
        size = len(message.value() or b"")
        letters.append(DeadLetter(*place, received, "not_json", "", "", size))

    sizes = random.Random(3)
    for number in range(12_000):
        text = b"m%d" % number + b"x" * sizes.randrange(9)
        producer.produce(topic, text, b"k%d" % number, number % 2, on_delivery=note)
    producer.flush(30)
    broker.delete_records([TopicPartition(topic, 0, 100)])[TopicPartition(topic, 0, 100)].result(10)
    letters.sort()
    wanted = [*letters[:200:20], *letters[5_900:6_100:7], letters[-1]]
    changed = [letter._replace(bytes=letter.bytes + 1) for letter in letters[300:302]]
    beyond = letters[-1]._replace(offset=999_999)
    found = dict(originals(stack.settings, [*reversed(wanted), *changed, beyond]))
    broker.delete_topics([topic])[topic].result(10)
    assert len(found) == len(wanted) + 3
    assert found[beyond] is None
    assert [found[letter] for letter in changed] == [None, None]
    for letter in wanted:
        original = found[letter]
        if letter.partition == 0 and letter.offset < 100:
            assert original is None
        else:
            assert original is not None
            assert original.value is not None
            number = letter.offset * 2 + letter.partition
            assert original.key == b"k%d" % number
            assert original.value.startswith(b"m%d" % number)


def kafka_time(ms: int):
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


VALID = {"early", "keyless", "own-0", "own-1", "own-2", "own-3"}


@pytest.fixture(scope="module")
def replayed(stack, refused) -> dict[str, object]:
    """Sent again as soon as the time has come, after a look at what would be sent."""
    until(lambda: system_clock() > refused.valid_at_ms + 1_000)
    before = ends(stack)
    dry = replay(stack, refused)
    assert ends(stack) == before
    assert dry["sent"] == 0
    expected = {refused.places[name] for name in VALID | {"new"}}
    assert set(dry["messages"]) == expected
    text = stack.run("dlq", "replay", "--since", refused.since)
    assert "7 would be sent again: say --yes" in text
    done = replay(stack, refused, "--yes")
    stack.sync()
    return done


def test_a_vote_of_the_future_is_counted_when_its_time_has_come(stack, refused, replayed):
    assert (replayed["sent"], replayed["acknowledged"], replayed["failed"]) == (7, 7, {})
    assert (replayed["accepted"], replayed["rejected_again"]) == (7, 0)
    assert replayed["still_rejected"] == {"unknown_choice": 1, "empty": 1}
    rows = stack.rows(
        "SELECT proposal_id, votes, agree FROM marts.leaderboard"
        " WHERE consultation_id = 'sent-again'"
        " ORDER BY proposal_id"
    )
    assert rows == [("p-late", 6, 6), ("p-mended", 0, 0)]


def test_a_proposal_that_was_mended_meanwhile_is_not_replaced_by_the_old_one(stack, replayed):
    assert replayed["superseded"] == 1
    rows = stack.rows(
        "SELECT proposal_id, text FROM marts.proposals WHERE consultation_id = 'sent-again'"
        " ORDER BY proposal_id"
    )
    assert rows == [("p-late", "late"), ("p-mended", "right clock")]


def test_it_stands_on_its_former_partition_with_its_former_key(stack, refused, replayed):
    reader = kafka.consumer(stack.settings, "tests")
    found: dict[str, list[tuple[int, bytes | None]]] = {}
    for message in kafka.read_to_end(reader, INPUT["votes"]):
        if b'"sent-again"' in (message.value() or b""):
            name = json.loads(message.value())["participant_id"]
            found.setdefault(name, []).append((message.partition(), message.key()))
    reader.close()
    for name in VALID:
        *_, first, second = found[name]
        assert first[0] == second[0] == int(refused.places[name].split("/")[1])
        assert second[1] == (first[1] or b"keyless")


def test_a_second_replay_changes_no_number(stack, refused, replayed):
    again = replay(stack, refused, "--yes")
    assert again["acknowledged"] == len(VALID)
    assert again["superseded"] == 2  # the proposal that the first replay sent is newer
    stack.sync()
    rows = stack.rows(
        "SELECT votes, agree FROM marts.agreement_by_country WHERE consultation_id = 'sent-again'"
    )
    assert rows == [(6, 6)]
    assert {row[4] for row in stack.reconciliation()} == {"equal"}


def test_the_limit_is_told(stack, refused):
    found = replay(stack, refused, "--limit", "2")
    assert (found["matching"] >= 10, found["looked_at"]) == (True, 2)
    assert "more match" in stack.run("dlq", "replay", "--since", refused.since, "--limit", "2")


def test_before_its_time_nothing_is_sent_again(stack):
    """With messages of their own, whose time does not come while a test runs, however slowly."""
    now = system_clock()
    since = format_instant(now)
    tomorrow = format_instant(now + 86_400_000)
    messages = (
        ("votes", vote("tomorrow", cast_at=tomorrow)),
        ("proposals", proposal("p-tomorrow", "too early", tomorrow)),
        ("votes", vote("never", choice="perhaps")),
        ("votes", None),
    )
    producer = kafka.producer(stack.settings)
    for kind, payload in messages:
        producer.produce(INPUT[kind].name, payload, b"tomorrow")
    assert producer.flush(30) == 0
    stack.sync()
    before = ends(stack)
    found = stack.json("dlq", "replay", "--since", since, "--yes")
    assert found["still_rejected"] == {"future_time": 2, "unknown_choice": 1, "empty": 1}
    assert (found["sent"], found["acknowledged"], found["valid_now"]) == (0, 0, 0)
    assert ends(stack) == before
