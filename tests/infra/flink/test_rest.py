"""What Flink answers, and what is made of it when it answers nothing."""

import pytest

from infra.config.settings import Settings
from infra.flink.rest import FlinkRest


@pytest.fixture
def rest(settings, flink) -> FlinkRest:
    return FlinkRest(settings, flink.port)


def test_all_tasks_run_only_when_none_is_restoring(flink, rest):
    answers = flink.answers
    for running, expected in ((3, False), (4, True)):
        jobs = [
            {"jid": "other", "tasks": {"running": 4, "total": 4}},
            {"jid": "j", "tasks": {"running": running, "total": 4}},
        ]
        answers["/jobs/overview"] = {"jobs": jobs}
        assert rest.all_tasks_run("j") is expected
    assert not rest.all_tasks_run("unknown")


def test_a_checkpoint_is_asked_for_and_followed(flink, rest):
    answers, asked = flink.answers, flink.asked
    answers["/jobs/j/checkpoints"] = {"request-id": "a7"}
    assert rest.trigger_checkpoint("j") == "a7"
    assert asked == [("POST", "/jobs/j/checkpoints", b"{}")]
    for state, pending in (("IN_PROGRESS", True), ("COMPLETED", False)):
        answers["/jobs/j/checkpoints/a7"] = {"status": {"id": state}}
        assert rest.checkpoint_is_pending("j", "a7") is pending


def test_the_newest_checkpoint_is_a_number_or_none(flink, rest):
    answers = flink.answers
    answers["/jobs/j/checkpoints"] = {"latest": {"completed": {"id": 12}}}
    assert rest.newest_completed("j") == 12
    for nothing in ({"latest": None}, {"latest": {"completed": None}}, {}):
        answers["/jobs/j/checkpoints"] = nothing
        assert rest.newest_completed("j") is None


def test_the_newest_failure_is_the_first_of_the_history(flink, rest):
    answers = flink.answers
    entries = [{"stacktrace": "the last one"}, {"stacktrace": "an older one"}]
    answers["/jobs/j/exceptions"] = {"exceptionHistory": {"entries": entries}}
    assert rest.newest_failure("j") == "the last one"
    answers["/jobs/j/exceptions"] = {"exceptionHistory": {"entries": []}}
    assert rest.newest_failure("j") == ""


def test_a_flink_that_does_not_answer_has_nothing_to_say(settings: Settings):
    rest = FlinkRest(settings, 1)  # nobody listens there
    assert not rest.all_tasks_run("j")
    assert rest.trigger_checkpoint("j") == ""
    assert not rest.checkpoint_is_pending("j", "a7")
    assert rest.newest_completed("j") is None
    assert rest.newest_failure("j") == ""
