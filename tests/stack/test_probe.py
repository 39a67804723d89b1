"""The probe's votes travel the whole way and are counted nowhere."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from orjson import dumps
from stack.watching import families, read, send_traffic, until, vote

from infra.clickhouse.views import view_names
from infra.kafka import client as kafka
from infra.local.supervisor import Supervisor
from infra.service.heartbeat import last_beat
from pipelines.exchange.send import Sender
from pipelines.verify.reconcile import _only_probes_since
from schemas.reserved import PROBE_CONSULTATION
from schemas.topics import VOTES


@pytest.fixture(scope="module")
def traffic(stack) -> int:
    return send_traffic(stack)


@contextmanager
def probing(stack, every_s: int) -> Iterator[None]:
    """The probe with another interval, in the place of the supervised one."""
    supervisor = Supervisor(stack.settings)
    supervisor.stop("probe")
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines.verify.probe"],
        env=os.environ
        | stack.environment
        | {"TUTTI_PROBE_SECONDS": str(every_s), "TUTTI_SERVICE": "probe"},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)
        supervisor.start("probe")
        until(
            lambda: (beat := last_beat(stack.settings, "probe")) and beat.pid == stack.pid("probe")
        )


def seen(stack) -> float:
    found = families(read(stack, stack.settings.metrics_port))
    return next(
        sample.value
        for sample in found["tutti_freshness_seconds"].samples
        if sample.name.endswith("_count")
    )


def has_seen(stack, number: int) -> bool:
    try:
        return seen(stack) >= number
    except (OSError, KeyError):  # it is just starting
        return False


def readable(name: str) -> str:
    """What to select from: views of a past moment take one, here one to come."""
    return f"{name}(at = '2100-01-01 00:00:00')" if name.endswith("_at") else name


def moving(name: str) -> bool:
    """Whether a view goes on without a vote.

    Suggestions and opinion groups of the votes of before are found later, in their own rhythm.
    """
    return name in {"marts.freshness", "marts.duplicate_suggestions"} or "group" in name


def test_the_probes_votes_travel_the_whole_way_and_are_counted_nowhere(stack, traffic):
    def everything() -> list[object]:
        return [
            stack.rows(f"SELECT count() FROM {readable(name)}")
            for name in view_names()
            if name.startswith("marts.") and not moving(name)
        ]

    before = everything()
    with probing(stack, 1):
        until(lambda: has_seen(stack, 3))
        beat = last_beat(stack.settings, "probe")
        assert beat.facts["freshness_ms"] > 0
        assert abs(beat.facts["broker_ahead_ms"]) < 60_000
        # A vote of the probe may arrive at any moment of the recount.
        assert stack.json("reconcile")["verdict"] == "equal"
    stack.sync()
    clickhouse = stack.clickhouse()
    for table in ("tallies", "ballots"):
        sql = f"SELECT count() FROM tutti.{table} FINAL WHERE consultation_id = %(id)s"
        parameters = {"id": PROBE_CONSULTATION}
        assert clickhouse.query(sql, parameters=parameters).first_row == (1,), table
    assert everything() == before
    for name in map(readable, view_names()):
        columns = [row[0] for row in clickhouse.query(f"DESCRIBE {name}").result_rows]
        column = {"consultation_id", "subject"} & set(columns)
        for found in column:
            sql = f"SELECT countIf({found} = %(id)s) FROM {name}"
            assert clickhouse.query(sql, parameters=parameters).first_row == (0,), name
    assert {row[4] for row in stack.reconciliation()} == {"equal"}


def test_only_the_probes_votes_do_not_make_a_recount_late(stack):
    ends = {p: end for (_, p), end in stack_ends(stack).items()}
    with probing(stack, 1):
        until(lambda: has_seen(stack, 1))
    assert stack_ends(stack) != {(VOTES.name, p): end for p, end in ends.items()}
    assert _only_probes_since(stack.settings, ends)
    sender = Sender(stack.settings)
    sender.send("votes", dumps(vote(participant_id="somebody", proposal_id="another")))
    sender.finish()
    assert not _only_probes_since(stack.settings, ends)
    stack.sync()


def stack_ends(stack) -> dict[tuple[str, int], int]:
    return kafka.ends(
        kafka.admin(stack.settings), [(VOTES.name, p) for p in range(VOTES.partitions)]
    )


def test_the_interval_of_zero_sends_nothing(stack):
    beat = last_beat(stack.settings, "probe")
    assert beat.pid == stack.pid("probe")
    assert beat.facts["freshness_ms"] is None
    text = (stack.settings.run / "metrics" / "probe.prom").read_text()
    assert families(text)["tutti_probe_sent"].samples[0].value == 0
