"""What Flink answers, and what is made of it when it answers nothing."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from pipelines.flink import rest


class Flink(BaseHTTPRequestHandler):
    """Answers with what a test has put there; `asked` is what it was asked."""

    answers: dict[str, object]
    asked: list[tuple[str, str, bytes]]

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.asked.append((self.command, self.path, body))
        found = self.answers.get(self.path)
        self.send_response(404 if found is None else 200)
        self.end_headers()
        self.wfile.write(json.dumps(found).encode())

    do_GET = do_POST = _answer  # noqa: N815 - the server's names

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def flink() -> Iterator[tuple[int, dict[str, object], list]]:
    """Its port, its answers by path, and what it was asked."""
    handler = type("Handler", (Flink,), {"answers": {}, "asked": []})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_port, handler.answers, handler.asked
        server.shutdown()


def test_all_tasks_run_only_when_none_is_restoring(flink):
    port, answers, _ = flink
    for running, expected in ((3, False), (4, True)):
        jobs = [
            {"jid": "other", "tasks": {"running": 4, "total": 4}},
            {"jid": "j", "tasks": {"running": running, "total": 4}},
        ]
        answers["/jobs/overview"] = {"jobs": jobs}
        assert rest.all_tasks_run(port, "j") is expected
    assert not rest.all_tasks_run(port, "unknown")


def test_a_checkpoint_is_asked_for_and_followed(flink):
    port, answers, asked = flink
    answers["/jobs/j/checkpoints"] = {"request-id": "a7"}
    assert rest.trigger_checkpoint(port, "j") == "a7"
    assert asked == [("POST", "/jobs/j/checkpoints", b"{}")]
    for state, pending in (("IN_PROGRESS", True), ("COMPLETED", False)):
        answers["/jobs/j/checkpoints/a7"] = {"status": {"id": state}}
        assert rest.checkpoint_is_pending(port, "j", "a7") is pending


def test_the_newest_checkpoint_is_a_number_or_none(flink):
    port, answers, _ = flink
    answers["/jobs/j/checkpoints"] = {"latest": {"completed": {"id": 12}}}
    assert rest.newest_completed(port, "j") == 12
    for nothing in ({"latest": None}, {"latest": {"completed": None}}, {}):
        answers["/jobs/j/checkpoints"] = nothing
        assert rest.newest_completed(port, "j") is None


def test_the_newest_failure_is_the_first_of_the_history(flink):
    port, answers, _ = flink
    entries = [{"stacktrace": "the last one"}, {"stacktrace": "an older one"}]
    answers["/jobs/j/exceptions"] = {"exceptionHistory": {"entries": entries}}
    assert rest.newest_failure(port, "j") == "the last one"
    answers["/jobs/j/exceptions"] = {"exceptionHistory": {"entries": []}}
    assert rest.newest_failure(port, "j") == ""


def test_a_flink_that_does_not_answer_has_nothing_to_say():
    port = 1  # nobody listens there
    assert not rest.all_tasks_run(port, "j")
    assert rest.trigger_checkpoint(port, "j") == ""
    assert not rest.checkpoint_is_pending(port, "j", "a7")
    assert rest.newest_completed(port, "j") is None
    assert rest.newest_failure(port, "j") == ""
