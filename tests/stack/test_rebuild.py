"""``tutti rebuild``: a new count beside the running one, while votes flow and people read."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from orjson import dumps
from stack.conftest import Stack

from infra.clickhouse.state import active_epoch
from infra.kafka import client as kafka
from infra.local.epochs import epochs_with_folder, read_rebuild_record
from infra.service.waiting import wait_until
from operators.flink.plan import VERSION
from pipelines.exchange.send import Sender
from pipelines.votes.retirement import read_outputs
from schemas.topics import PROGRESS, TALLIES, WINDOWS

PROPOSALS = 20
MANY = 200_000
"""Votes of which a count that has just begun has only a part for a while."""


def wait_for(condition: Callable[[], object], seconds: int = 600) -> None:
    assert wait_until(condition, seconds, every_s=0.1)


class Crowd(threading.Thread):
    """Votes all the time; each person votes once on each proposal, so that no count may fall."""

    def __init__(self, stack: Stack, consultation: str, rate: int, first: int = 0) -> None:
        super().__init__(daemon=True)
        self.stack, self.consultation, self.rate, self.first = stack, consultation, rate, first
        self.enough = threading.Event()
        self.sent = 0

    def run(self) -> None:
        sender = Sender(self.stack.settings)
        begun = time.monotonic()
        while not self.enough.wait(0.02):
            while self.sent < self.first + (time.monotonic() - begun) * self.rate:
                sender.send("votes", self.vote(self.sent))
                self.sent += 1
        assert not sender.finish().failed

    def vote(self, number: int) -> bytes:
        return dumps(
            {
                "consultation_id": self.consultation,
                "proposal_id": f"p-{number % PROPOSALS}",
                "participant_id": f"person-{number // PROPOSALS}",
                "country": ("FR", "DE", "LU")[number % 3],
                "choice": ("agree", "disagree", "neutral")[number // PROPOSALS % 3],
                "cast_at": f"2026-05-01T12:{number // 5000 % 60:02d}:00.000Z",
            }
        )


class Reader(threading.Thread):
    """Reads the board all the time, as people do, and notes each step back."""

    def __init__(self, stack: Stack, consultation: str) -> None:
        super().__init__(daemon=True)
        self.stack, self.consultation = stack, consultation
        self.enough = threading.Event()
        self.wrong: list[object] = []
        self.boards = 0
        self.moved: list[float] = []

    def run(self) -> None:
        client = self.stack.clickhouse(analyst=True)
        before: dict[tuple[object, ...], int] = {}
        newest: datetime | None = None
        while not self.enough.wait(0.02):
            rows = client.query(
                "SELECT proposal_id, country, agree, disagree, neutral FROM"
                " marts.agreement_by_country WHERE consultation_id = {id:String}",
                parameters={"id": self.consultation},
            ).result_rows
            board = {
                (row[0], row[1], choice): count
                for row in rows
                for choice, count in zip("adn", row[2:], strict=True)
            }
            self.wrong += [
                (cell, count, board.get(cell, 0))
                for cell, count in before.items()
                if board.get(cell, 0) < count
            ]
            if board != before:
                self.moved.append(time.monotonic())
            before = board
            [(as_of,)] = client.query("SELECT max(as_of) FROM marts.reconciliation").result_rows
            if newest is not None and as_of is not None and as_of < newest:
                self.wrong.append(("as_of", newest, as_of))
            newest = as_of or newest
            self.boards += 1


@contextmanager
def reading(stack: Stack, consultation: str) -> Iterator[Reader]:
    reader = Reader(stack, consultation)
    reader.start()
    try:
        yield reader
    finally:
        reader.enough.set()
        reader.join()
    assert reader.boards > 3
    assert not reader.wrong, reader.wrong[:5]


@contextmanager
def crowd(stack: Stack, consultation: str, rate: int = 1_000, first: int = 0) -> Iterator[Crowd]:
    """So many votes a second, after `first` at once."""
    voting = Crowd(stack, consultation, rate, first)
    voting.start()
    try:
        yield voting
    finally:
        voting.enough.set()
        voting.join()


def shown(stack: Stack) -> int:
    return active_epoch(stack.clickhouse())


def total(stack: Stack, consultation: str) -> int:
    [(votes,)] = stack.rows(
        "SELECT sum(votes_all) FROM marts.agreement_by_country WHERE consultation_id = {id:String}",
        id=consultation,
    )
    return int(votes)


def all_is_right(stack: Stack, consultation: str, votes: int) -> None:
    stack.sync()
    assert total(stack, consultation) == votes
    assert {row[4] for row in stack.reconciliation()} == {"equal"}


def outputs_of(stack: Stack, epoch: int) -> int:
    """Cells of an epoch that the output topics still hold."""
    cells: dict[tuple[str, bytes], bool] = {}
    for topic in (TALLIES, WINDOWS, PROGRESS):
        reader = kafka.consumer(stack.settings, "tests")
        for message in kafka.read_to_end(reader, topic):
            if b'{"epoch":%d,' % epoch in message.key():
                cells[topic.name, message.key()] = message.value() is not None
        reader.close()
    return sum(cells.values())


def nothing_is_left_of(stack: Stack, epoch: int) -> None:
    """Its output is taken back, and its state removed."""
    wait_for(lambda: epoch not in read_outputs(stack.settings).live)
    wait_for(lambda: outputs_of(stack, epoch) == 0)
    wait_for(lambda: epochs_with_folder(stack.settings) == {shown(stack)})


@pytest.fixture
def monitor(stack: Stack) -> Iterator[list[subprocess.Popen[bytes]]]:
    """``tutti rebuild`` commands that a test leaves running."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.kill()
        process.wait()


def begin(stack: Stack) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli.main", "rebuild"],
        env=stack.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.prove
def test_a_rebuild_is_never_seen_half_whatever_dies_meanwhile(stack, monitor):
    """Killed on the way: the command, the new count, the running one and the sink."""
    with (
        crowd(stack, "rebuilt", first=MANY) as voting,
        reading(stack, "rebuilt") as reader,
    ):
        wait_for(lambda: total(stack, "rebuilt") >= MANY)
        before = shown(stack)
        monitor.append(begin(stack))
        wait_for(lambda: stack.pid("rebuild"))
        monitor[0].kill()
        stack.kill("rebuild")
        # The running count goes on meanwhile.
        at = total(stack, "rebuilt")
        wait_for(lambda: total(stack, "rebuilt") > at)
        for service in ("votes", "sink"):
            stack.kill(service)
        if read_rebuild_record(stack.settings).rebuilding:
            stack.json("rebuild", "--timeout", "600")
        at = total(stack, "rebuilt")
        wait_for(lambda: total(stack, "rebuilt") > at)
    wait_for(lambda: shown(stack) > before and not read_rebuild_record(stack.settings).rebuilding)
    all_is_right(stack, "rebuilt", voting.sent)
    nothing_is_left_of(stack, before)
    assert reader.moved


def test_a_rebuild_can_be_given_up_and_begun_again(stack, monitor):
    before = shown(stack)
    assert stack.json("rebuild", "--cancel") == {"cancelled": False}
    monitor.append(begin(stack))
    wait_for(lambda: read_rebuild_record(stack.settings).rebuilding)
    abandoned = read_rebuild_record(stack.settings).rebuilding
    assert stack.json("rebuild", "--cancel") == {"cancelled": True}
    wait_for(lambda: not read_rebuild_record(stack.settings).abandoned)
    assert monitor[0].wait(timeout=60) == 1
    if shown(stack) == before:  # otherwise it was too late: then it is counted anew once more
        assert abandoned not in epochs_with_folder(stack.settings)
    stack.sync()
    assert {row[4] for row in stack.reconciliation()} == {"equal"}


def test_a_changed_plan_is_refused_and_done_by_a_rebuild_while_votes_flow(stack):
    """Too few votes to catch a half count: tests/pipelines/sink/test_switch.py does that."""
    with crowd(stack, "replanned", rate=500) as voting, reading(stack, "replanned") as reader:
        wait_for(lambda: total(stack, "replanned"))
        before = shown(stack)
        plan = stack.settings.home / "votes" / f"epoch-{before}" / "plan.json"
        plan.write_text('{"version": 0, "sha256": "of another version"}')
        stack.kill("votes")
        sentence = f"made by plan 0 of the votes job, this version of tutti has plan {VERSION}: run"
        wait_for(lambda: sentence in " ".join(stack.errors("status").split()))
        assert sentence in " ".join(stack.errors("up").split())
        at = total(stack, "replanned")
        assert stack.json("rebuild", "--timeout", "600")["epoch"] > before
        wait_for(lambda: total(stack, "replanned") > at)
    all_is_right(stack, "replanned", voting.sent)
    nothing_is_left_of(stack, before)
    assert reader.moved
