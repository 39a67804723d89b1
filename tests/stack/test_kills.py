"""Processes are killed under load; afterwards every number is right. `make prove` goes further."""

import random
import threading
import time
from collections import Counter
from itertools import count, pairwise
from math import inf

import pytest
from confluent_kafka import Producer
from orjson import dumps, loads
from stack.naive import Ledger

from infra.clickhouse.client import scalar
from infra.flink.rest import FlinkRest
from infra.kafka.client import topics
from infra.service.waiting import wait_until
from operators.core.clock import system_clock
from operators.core.votes.tally import COUNTERS
from pipelines.demo.campaign import Campaign
from pipelines.exchange.send import Sender
from pipelines.flink.checkpoint_trigger import FLINKS_OWN
from pipelines.sink.last_noted import REPEAT_MS
from schemas.topics import VOTES

RATE = 4_000
MAX_VOTES = 500_000
"""On a slow machine kills take long, and every vote is recounted."""
KILLS = ("intake", "votes", "sink", "kafka", "clickhouse", "redis")


class Generator(threading.Thread):
    """The seeded campaign at a steady rate; keeps what the broker acknowledged, where it stands."""

    def __init__(self, stack, campaign: Campaign) -> None:
        super().__init__(daemon=True)
        self.campaign = campaign
        self.producer = Producer(
            {
                "bootstrap.servers": stack.settings.brokers,
                "enable.idempotence": True,
                "linger.ms": 20,
                "log_level": 2,
                "queue.buffering.max.messages": 1_000_000,
            }
        )
        self.sent: list[tuple[str, bytes, int, int]] = []
        self.lost: list[object] = []
        self.over = threading.Event()
        self.starts_before = 0
        self.epoch_before: object = None

    def run(self) -> None:
        start, done = time.monotonic(), 0
        while not self.over.is_set():
            due = min(int((time.monotonic() - start) * RATE), MAX_VOTES) - done
            for message in self.campaign.messages(system_clock(), due):
                self.producer.produce(
                    VOTES.name, message.value, message.key, on_delivery=self._noting(message)
                )
            done += due
            self.producer.poll(0)
            time.sleep(0.02)
        self.producer.flush(60)

    def _noting(self, message):
        def note(error, delivered) -> None:
            if error is not None:
                self.lost.append(error)
            else:
                place = (delivered.partition(), delivered.offset())
                self.sent.append((message.kind, message.value, *place))

        return note


def await_new_process(stack, service: str, old: int) -> None:
    assert wait_until(lambda: stack.pid(service) not in (0, old), 180, every_s=0.1)


def starts_of_the_job(stack) -> list[dict[str, object]]:
    log = (stack.settings.logs / "votes.log").read_text()
    return [loads(line) for line in log.splitlines() if '"votes_job_starting"' in line]


@pytest.fixture(scope="module")
def campaign_under_fire(stack):
    """Each service is killed twice, at moments a seed chooses; again soon after its start."""
    campaign = Campaign()
    sender = Sender(stack.settings)
    sender.send("consultations", dumps(campaign.consultation()))
    for proposal in campaign.proposals():
        sender.send("proposals", dumps(proposal))
    sender.finish()
    generator = Generator(stack, campaign)
    before = starts_of_the_job(stack)
    generator.starts_before = len(before)
    generator.epoch_before = before[-1]["epoch"]
    generator.start()
    moments = random.Random(20_261_123)
    try:
        assert wait_until(lambda: generator.sent, 180, every_s=0.1), "no vote is flowing"
        for service in (*KILLS, *KILLS):
            old = stack.pid(service)
            stack.kill(service)
            await_new_process(stack, service, old)
            time.sleep(moments.uniform(0.5, 3))
        assert generator.is_alive()
    finally:
        generator.over.set()
        generator.join()
    assert not generator.lost
    stack.sync(timeout=240)
    return generator


@pytest.fixture(scope="module")
def ledger(campaign_under_fire):
    found = Ledger()
    for kind, value, partition, offset in campaign_under_fire.sent:
        if kind != "bad":
            found.add(value, partition, offset)
    return found


def cells(stack, table: str, minute: str = "") -> dict[tuple[str, ...], dict[str, int]]:
    rows = (
        stack.clickhouse()
        .query(
            f"SELECT consultation_id, proposal_id, country, trust{minute}, {', '.join(COUNTERS)}"
            f" FROM tutti.{table} WHERE consultation_id = 'demo-europe'"
        )
        .result_rows
    )
    width = 5 if minute else 4
    return {
        tuple(row[:width]): {
            name: count for name, count in zip(COUNTERS, row[width:], strict=True) if count
        }
        for row in rows
    }


def test_there_was_a_load_to_lose(campaign_under_fire):
    # Far below what is due, so that a slow machine does not fail it: it guards the other tests.
    assert len(campaign_under_fire.sent) > RATE * len(KILLS) / 2


def test_every_tally_equals_the_naive_recount(stack, ledger):
    assert cells(stack, "cells") == ledger.cells()


def test_every_minute_equals_the_naive_recount(stack, ledger):
    minute = ", formatDateTime(toDateTime(minute * 60, 'UTC'), '%Y-%m-%dT%H:%i')"
    assert cells(stack, "minute_cells", minute) == ledger.cells(by_minute=True)


def test_windows_add_up_to_the_tallies(stack, campaign_under_fire):
    sums: dict[tuple[str, ...], Counter[str]] = {}
    for (*cell, _), counts in cells(stack, "minute_cells", ", minute").items():
        sums.setdefault(tuple(cell), Counter()).update(counts)
    assert {cell: dict(counts) for cell, counts in sums.items()} == cells(stack, "cells")


def test_the_archive_holds_each_current_ballot_once(stack, ledger):
    [(rows, people)] = (
        stack.clickhouse()
        .query(
            "SELECT count(), uniqExact(participant) FROM tutti.ballots FINAL"
            " WHERE consultation_id = 'demo-europe'"
        )
        .result_rows
    )
    assert rows == len(ledger.latest)
    assert people == len({participant for _, _, participant in ledger.latest})


def test_accepted_and_refused_make_up_what_was_sent(stack, campaign_under_fire):
    bad = Counter(kind == "bad" for kind, *_ in campaign_under_fire.sent)
    rejected_at = {
        (partition, offset)
        for partition, offset in stack.rows(
            "SELECT partition, offset FROM marts.dead_letters WHERE topic = {topic:String}",
            topic=VOTES.name,
        )
    }
    bad_at = {(p, o) for kind, _, p, o in campaign_under_fire.sent if kind == "bad"}
    assert len(bad_at) == bad[True]
    assert bad_at <= rejected_at
    good_at = {(p, o) for kind, _, p, o in campaign_under_fire.sent if kind != "bad"}
    assert not good_at & rejected_at
    rows = [row for row in stack.reconciliation() if row[0].startswith("read =")]
    assert len(rows) == VOTES.partitions
    assert all(expected == found and verdict == "equal" for _, _, expected, found, verdict in rows)


def test_reconciliation_says_equal_in_sql_and_with_beam(stack, campaign_under_fire):
    assert {row[4] for row in stack.reconciliation()} == {"equal"}
    assert stack.json("reconcile")["verdict"] == "equal"


def test_the_votes_job_went_on_from_a_checkpoint_in_the_same_epoch(stack, campaign_under_fire):
    starts = starts_of_the_job(stack)[campaign_under_fire.starts_before :]
    # The second kill may come before the new process has said a word.
    assert starts
    assert all(start["checkpoint"] for start in starts)
    assert {start["epoch"] for start in starts} == {campaign_under_fire.epoch_before}


@pytest.mark.parametrize("service", ["kafka", "votes"])
def test_a_killed_java_leaves_no_temporary_files(stack, campaign_under_fire, service):
    [own] = (stack.settings.home / "tmp").glob(f"{service}.*")
    assert own.suffix == f".{stack.pid(service)}"


def test_flink_unpacks_nothing_outside_the_installation(stack, campaign_under_fire):
    assert list(next((stack.settings.home / "tmp").glob("votes.*")).glob("minicluster_*"))


LOG_NOTED = "SELECT toUnixTimestamp64Milli(max(written_at)) FROM tutti.positions WHERE stage='log'"
"""When the sink last noted where the logs end."""


def pauses_ms(stack) -> list[float]:
    """From the end of each of the last checkpoints to the beginning of the next one."""
    flink = FlinkRest(stack.settings, stack.settings.flink_port)
    [job] = [found["jid"] for found in flink.get("/jobs/overview")["jobs"]]
    history = flink.get(f"/jobs/{job}/checkpoints").get("history", [])
    done = sorted(
        (found["trigger_timestamp"], found["end_to_end_duration"])
        for found in history
        if found["status"] == "COMPLETED"
    )
    return [then - at - took for (at, took), (then, _) in pairwise(done)]


def flinks_own_ms(stack) -> int:
    """However slow the machine is: Flink itself never pauses for less."""
    return FLINKS_OWN * stack.settings.checkpoint_interval_ms


def test_checkpoints_come_more_often_than_flink_itself_would_take_them(stack, campaign_under_fire):
    voters = count()

    def comes_often() -> bool:
        """While nobody votes there is no reason to: one vote before each look."""
        sender = Sender(stack.settings)
        vote = {"consultation_id": "checkpoints", "proposal_id": "p", "country": "FR"}
        vote |= {"participant_id": f"voter-{next(voters)}", "choice": "agree"}
        sender.send("votes", dumps(vote | {"cast_at": "2026-05-01T12:00:00Z"}))
        sender.finish()
        return min(pauses_ms(stack), default=inf) < flinks_own_ms(stack) / 2

    assert wait_until(comes_often, 300, every_s=0.5)


def test_a_stack_at_rest_takes_no_more_checkpoints_and_notes_nothing(stack, campaign_under_fire):
    stack.sync()

    def rests() -> bool:
        return min(pauses_ms(stack)[-2:], default=0) > flinks_own_ms(stack) / 2

    assert wait_until(rests, 300, every_s=0.5)

    def noted_long_ago() -> bool:
        return system_clock() - scalar(stack.clickhouse(), LOG_NOTED) > REPEAT_MS / 2

    assert wait_until(noted_long_ago, 300, every_s=0.5)


def test_the_sink_learns_of_new_leaders(stack, campaign_under_fire):
    """A kill of Kafka gives all partitions new leaders; the sink outlives it in its process."""
    sink, broker = stack.pid("sink"), stack.pid("kafka")
    stack.kill("kafka")
    await_new_process(stack, "kafka", broker)
    topics(stack.settings, timeout_s=60)
    back_ms = system_clock()
    assert wait_until(lambda: scalar(stack.clickhouse(), LOG_NOTED) > back_ms, 180, every_s=0.5)
    assert stack.pid("sink") == sink
