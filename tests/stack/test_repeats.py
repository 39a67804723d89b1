"""What arrives twice, late, or was never meant to: nothing of it changes a number."""

import threading
import time

import pytest
from confluent_kafka import Producer
from orjson import dumps, loads
from stack.conftest import Stack

from infra.kafka import client as kafka
from infra.service.waiting import wait_until
from pipelines.exchange.send import Sender
from pipelines.sink.batch import Batch
from pipelines.sink.writer import Writer
from schemas.topics import TALLIES, VOTES, WINDOWS, Topic


def vote(consultation: str, person: str, choice: str, second: int, **more) -> bytes:
    fields = {
        "consultation_id": consultation,
        "proposal_id": "p",
        "participant_id": person,
        "country": "FR",
        "choice": choice,
        "cast_at": f"2026-05-01T12:00:{second:02d}.000Z",
    }
    return dumps(fields | more)


def counts(stack: Stack, consultation: str) -> tuple[int, int, int]:
    rows = stack.rows(
        "SELECT sum(agree_all), sum(disagree_all), sum(neutral_all)"
        " FROM marts.agreement_by_country WHERE consultation_id = {id:String}",
        id=consultation,
    )
    return rows[0]


def send(stack: Stack, *votes: bytes) -> None:
    sender = Sender(stack.settings)
    for value in votes:
        sender.send("votes", value)
    assert not sender.finish().failed


def test_the_latest_vote_counts_whatever_arrives_last(stack):
    send(
        stack,
        vote("latest", "a", "disagree", 30),
        vote("latest", "a", "agree", 10),
        vote("latest", "b", "agree", 10),
        vote("latest", "b", "neutral", 20, country="DE"),
        vote("latest", "b", "agree", 10),
    )
    stack.sync()
    assert counts(stack, "latest") == (0, 1, 1)


def test_a_withdrawal_takes_the_ballot_back_and_a_later_vote_gives_it_again(stack):
    send(
        stack,
        vote("taken", "a", "agree", 1),
        vote("taken", "a", "withdrawn", 5),
        vote("taken", "a", "agree", 3),
        vote("taken", "b", "agree", 1),
        vote("taken", "b", "withdrawn", 2),
        vote("taken", "b", "disagree", 3),
    )
    stack.sync()
    assert counts(stack, "taken") == (0, 1, 0)


def test_a_moved_vote_leaves_its_old_country_minute_and_trust(stack):
    send(stack, vote("moved", "a", "agree", 1, qualifications=["likeIt"]))
    stack.sync()
    moved = vote("moved", "a", "agree", 2, country="DE", trust="segment").replace(
        b"12:00:02", b"12:07:02"
    )
    send(stack, moved)
    stack.sync()
    cells = stack.clickhouse().query(
        "SELECT country, trust, agree, like_it FROM tutti.cells WHERE consultation_id = 'moved'"
    )
    assert [tuple(row) for row in cells.result_rows] == [("DE", "segment", 1, 0)]
    windows = stack.rows(
        "SELECT country, formatDateTime(window_start, '%H:%i'), agree"
        " FROM marts.agreement_by_window WHERE consultation_id = 'moved'"
    )
    assert windows == [("DE", "12:07", 1)]


def test_votes_of_an_aborted_transaction_are_not_counted(stack):
    """Red without `read_committed` in intake; the markers must not break the books either."""
    producer = Producer(
        {
            "bootstrap.servers": stack.settings.brokers,
            "transactional.id": "a-campaign",
            "log_level": 2,
        }
    )
    producer.init_transactions()
    producer.begin_transaction()
    producer.produce(VOTES.name, vote("aborted", "a", "agree", 1), b"a")
    producer.flush()
    producer.abort_transaction()
    producer.begin_transaction()
    producer.produce(VOTES.name, vote("aborted", "b", "disagree", 1), b"b")
    producer.commit_transaction()
    stack.sync()
    assert counts(stack, "aborted") == (0, 1, 0)
    checks = [row for row in stack.reconciliation() if row[0].startswith("read =")]
    assert len(checks) == VOTES.partitions
    assert all(
        expected == found and verdict == "equal" for _, _, expected, found, verdict in checks
    )


def test_output_of_an_aborted_transaction_is_not_shown(stack):
    """Red without `read_committed` in the sink: what a job wrote before it died must not count."""
    send(stack, vote("zombie", "a", "agree", 1))
    stack.sync()
    reader = kafka.consumer(stack.settings, "tests")
    [(key, value, partition)] = [
        (message.key(), message.value(), message.partition())
        for message in kafka.read_to_end(reader, TALLIES)
        if b'"zombie"' in message.key()
    ]
    reader.close()
    producer = Producer(
        {
            "bootstrap.servers": stack.settings.brokers,
            "transactional.id": "a-zombie",
            "log_level": 2,
        }
    )
    producer.init_transactions()
    producer.begin_transaction()
    producer.produce(
        TALLIES.name, value.replace(b'"agree":1', b'"agree":999'), key, partition=partition
    )
    producer.flush()
    # Of another cell: the job writes nothing more of the one that was tampered with.
    send(stack, vote("zombie", "b", "disagree", 1, country="DE"))
    producer.abort_transaction()
    stack.sync()
    assert counts(stack, "zombie") == (1, 1, 0)


def test_the_output_never_takes_back_a_count_that_only_grows(stack):
    """Red if a tombstone precedes each new value: who reads up to it misses the cell."""
    for n in range(1, 4):
        send(stack, vote("growing", f"x{n}", "agree", n))
        stack.sync()
    for topic in (TALLIES, WINDOWS):
        counted = output_of(stack, topic, "growing")
        assert counted[-1] == 3
        assert None not in counted
    send(stack, *(vote("growing", f"x{n}", "withdrawn", 9) for n in range(1, 4)))
    stack.sync()
    assert output_of(stack, TALLIES, "growing")[-1] is None  # the cell is empty


def output_of(stack: Stack, topic: Topic, consultation: str) -> list[int | None]:
    """The counts of agreement that the votes job has written of a cell; None: it was taken back."""
    reader = kafka.consumer(stack.settings, "tests")
    values = [
        message.value()
        for message in kafka.read_to_end(reader, topic)
        if f'"{consultation}"'.encode() in message.key()
    ]
    reader.close()
    return [None if value is None else loads(value)["agree"] for value in values]


def test_a_second_sink_that_dies_halfway_changes_nothing(stack):
    """Red without the version column: an older tally, written again, must not win."""
    for second in range(1, 6):
        send(stack, vote("again", "a", ("agree", "disagree")[second % 2], second))
        send(stack, vote("again", f"x{second}", "neutral", second))
        stack.sync()
    truth = counts(stack, "again")
    assert truth == (0, 1, 5)
    reader = kafka.consumer(stack.settings, "tests")
    records = [
        (message.offset(), message.key(), message.value())
        for message in kafka.read_to_end(reader, TALLIES)
        if b'"again"' in message.key()
    ]
    reader.close()
    assert len(records) >= 3
    writer = Writer(stack.clickhouse(), lambda: 0)
    for record in records[:-1]:  # from the beginning, and dead before the newest one
        batch = Batch()
        batch.add(TALLIES.name, *record)
        for inserts in batch.inserts():
            writer.insert(inserts)
        assert counts(stack, "again") == truth


def test_a_bad_message_is_refused_once_and_nothing_else_suffers(stack):
    sender = Sender(stack.settings)
    sender.send("votes", vote("beside", "a", "agree", 1))
    sender.send("votes", b'{"consultation_id":"beside"', b"a")
    sender.send("votes", vote("beside", "b", "perhaps", 1))
    sender.send("votes", vote("beside", "c", "agree", 1))
    sender.send("proposals", b"[]", b"beside")
    sender.send("consultations", b'{"consultation_id":"beside"}', b"beside")
    assert not sender.finish().failed
    stack.sync()
    assert counts(stack, "beside") == (2, 0, 0)
    refused = stack.rows(
        "SELECT topic, reason, field FROM marts.dead_letters"
        " WHERE reason IN"
        " ('not_json', 'unknown_choice', 'not_object', 'missing_field')"
        " ORDER BY received_at DESC LIMIT 4"
    )
    assert {
        (VOTES.name, "not_json", ""),
        (VOTES.name, "unknown_choice", "choice"),
        ("tutti.proposals.v1", "not_object", ""),
        ("tutti.consultations.v1", "missing_field", "title"),
    } == set(refused)


@pytest.mark.prove
def test_a_lost_checkpoint_is_counted_anew_beside_what_is_shown(stack):
    """No number steps back meanwhile, and none of the old count stays behind."""
    send(stack, vote("anew", "a", "agree", 1), vote("anew", "b", "agree", 1))
    stack.sync()
    [(epoch,)] = stack.clickhouse().query("SELECT max(epoch) FROM tutti.epochs").result_rows
    folder = stack.settings.home / "votes" / f"epoch-{epoch}"
    seen: list[tuple[int, int, int]] = []
    watching = threading.Event()

    def watch() -> None:
        while not watching.is_set():
            seen.append(counts(stack, "anew"))
            time.sleep(0.05)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        folder.rename(folder.with_name("lost"))
        stack.kill("votes")
        send(stack, vote("anew", "a", "disagree", 5, country="DE"))
        assert wait_until(lambda: counts(stack, "anew") == (1, 1, 0), 120, every_s=0.2)
    finally:
        watching.set()
        watcher.join()
    seen.append(counts(stack, "anew"))
    assert set(seen) == {(2, 0, 0), (1, 1, 0)}
    [(now,)] = stack.clickhouse().query("SELECT max(epoch) FROM tutti.epochs").result_rows
    assert now == epoch + 1
    stack.sync()
    assert {row[4] for row in stack.reconciliation()} == {"equal"}


@pytest.fixture(autouse=True)
def _still_reconciled(stack):
    """After each of these, everything adds up."""
    yield
    stack.sync()
    assert {row[4] for row in stack.reconciliation()} == {"equal"}
