"""What Flink answers, and what is made of it when it answers nothing."""

from pathlib import Path
from typing import Any

import pytest

from infra.config.settings import Settings
from infra.flink.rest import FlinkRest


class Answering(FlinkRest):
    """Answers with what a test has put there; `asked` is what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, object] = {}
        self.asked: list[tuple[str, str, bytes | None]] = []

    def _ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        self.asked.append((method, path, body))
        return self.answers.get(path, {})


@pytest.fixture
def flink() -> Answering:
    return Answering()


def test_all_tasks_run_only_when_none_is_restoring(flink):
    for running, expected in ((3, False), (4, True)):
        jobs = [
            {"jid": "other", "tasks": {"running": 4, "total": 4}},
            {"jid": "j", "tasks": {"running": running, "total": 4}},
        ]
        flink.answers["/jobs/overview"] = {"jobs": jobs}
        assert flink.all_tasks_run("j") is expected
    assert not flink.all_tasks_run("unknown")


def test_a_checkpoint_is_asked_for_and_followed(flink):
    flink.answers["/jobs/j/checkpoints"] = {"request-id": "a7"}
    assert flink.trigger_checkpoint("j") == "a7"
    assert flink.asked == [("POST", "/jobs/j/checkpoints", b"{}")]
    for state, pending in (("IN_PROGRESS", True), ("COMPLETED", False)):
        flink.answers["/jobs/j/checkpoints/a7"] = {"status": {"id": state}}
        assert flink.checkpoint_is_pending("j", "a7") is pending


def test_the_newest_checkpoint_is_a_number_or_none(flink):
    flink.answers["/jobs/j/checkpoints"] = {"latest": {"completed": {"id": 12}}}
    assert flink.newest_completed("j") == 12
    for nothing in ({"latest": None}, {"latest": {"completed": None}}, {}):
        flink.answers["/jobs/j/checkpoints"] = nothing
        assert flink.newest_completed("j") is None


def test_the_newest_failure_is_the_first_of_the_history(flink):
    entries = [{"stacktrace": "the last one"}, {"stacktrace": "an older one"}]
    flink.answers["/jobs/j/exceptions"] = {"exceptionHistory": {"entries": entries}}
    assert flink.newest_failure("j") == "the last one"
    flink.answers["/jobs/j/exceptions"] = {"exceptionHistory": {"entries": []}}
    assert flink.newest_failure("j") == ""


def test_a_flink_that_has_never_started_has_nothing_to_say(tmp_path: Path):
    flink = FlinkRest(Settings(home=tmp_path), port=1)  # nobody listens there
    assert not flink.all_tasks_run("j")
    assert flink.trigger_checkpoint("j") == ""
    assert not flink.checkpoint_is_pending("j", "a7")
    assert flink.newest_completed("j") is None
    assert flink.newest_failure("j") == ""
