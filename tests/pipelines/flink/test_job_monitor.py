"""A run that cannot restore its checkpoint gives it up; one that has made its own keeps it."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from pipelines.flink import job_monitor
from pipelines.flink.job_monitor import RESTORE_FAILED, JobMonitor
from pipelines.flink.restore import RestorePlan


class Job:
    """Flink's client of a job."""

    state = "RUNNING"

    def get_job_id(self) -> str:
        return "job"

    def get_job_status(self) -> SimpleNamespace:
        return SimpleNamespace(result=lambda: SimpleNamespace(name=self.state))


class Heart:
    """Remembers the last beat."""

    def beat(self, **facts: object) -> None:
        self.facts = facts


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A monitor, and what Flink says; what it records lands in lists."""
    checkpoint = tmp_path / "checkpoints" / "former" / "chk-7"
    found = SimpleNamespace(job=Job(), completed=None, failure="", recorded=[], damaged=[])
    flink = SimpleNamespace(
        newest_completed=lambda _: found.completed, newest_failure=lambda _: found.failure
    )
    monkeypatch.setattr(job_monitor, "record_completed", lambda *a: found.recorded.append(a))
    monkeypatch.setattr(job_monitor, "record_damage", lambda *a: found.damaged.append(a))
    found.heart = Heart()
    found.monitor = JobMonitor("votes", flink, RestorePlan(3, checkpoint), tmp_path, found.heart)
    found.folder, found.checkpoint = tmp_path, checkpoint
    return found


def test_it_is_ready_with_its_first_checkpoint_and_records_each_once(world):
    world.monitor.poll(world.job)
    assert world.heart.facts == {"ready": False, "epoch": 3, "state": "RUNNING"}
    for world.completed in (8, 8, 9):
        world.monitor.poll(world.job)
    assert world.recorded == [(n, world.folder / "checkpoints" / "job") for n in (8, 9)]
    assert world.heart.facts["ready"]


def test_it_says_what_it_was_given_to_say(world):
    world.monitor.facts = {"warning": "a sentence"}
    world.monitor.poll(world.job)
    assert world.heart.facts["warning"] == "a sentence"


@pytest.mark.parametrize("sign", RESTORE_FAILED)
def test_a_checkpoint_that_cannot_be_restored_is_given_up(world, sign):
    world.failure = f"java.lang.Exception: {sign} …"
    with pytest.raises(SystemExit):
        world.monitor.poll(world.job)
    assert world.damaged == [(world.checkpoint, world.folder)]


def test_a_failure_of_another_kind_damages_nothing(world):
    world.failure = "java.net.ConnectException"
    world.monitor.poll(world.job)
    assert world.damaged == []


def test_after_a_checkpoint_of_its_own_a_failure_is_not_that_of_restoring(world):
    world.completed, world.failure = 8, RESTORE_FAILED[0]
    world.monitor.poll(world.job)
    assert world.damaged == []


@pytest.mark.parametrize("state", ["FAILED", "CANCELED", "FINISHED"])
def test_a_job_that_has_ended_ends_its_process(world, state):
    world.job.state = state
    with pytest.raises(SystemExit):
        world.monitor.poll(world.job)
