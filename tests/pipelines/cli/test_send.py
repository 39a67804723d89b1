"""``tutti send`` ends with what became of the messages."""

import json

import pytest
from typer.testing import CliRunner, Result

from operators.core.errors import TransientError
from pipelines.cli.app import app
from pipelines.exchange import outcome, send
from pipelines.exchange.outcome import Outcome, Rejected
from pipelines.exchange.send import Receipt
from schemas.rejections import ADVICE


class FakeSender:
    def __init__(self, *_: object) -> None:
        self.receipt = Receipt()

    def send(self, *_: object) -> None:
        self.receipt.sent += 1
        self.receipt.acknowledged += 1

    def finish(self) -> Receipt:
        return self.receipt


@pytest.fixture
def run(monkeypatch, tmp_path):
    file = tmp_path / "votes.jsonl"
    file.write_text("{}\n" * 3)

    def go(report: Outcome | TransientError, *options: str) -> Result:
        class FakeWatch:
            def __init__(self, *_: object) -> None:
                pass

            def outcome(self, *_: object) -> Outcome:
                if isinstance(report, TransientError):
                    raise report
                return report

        monkeypatch.setattr(send, "Sender", FakeSender)
        monkeypatch.setattr(outcome, "Watch", FakeWatch)
        return CliRunner().invoke(app, ["send", str(file), "--kind", "votes", *options])

    return go


REJECTED = Outcome(1, 2, {"empty": Rejected(2, "tutti.votes.v1/0/7")})


def test_what_was_rejected_is_told_with_its_cure_and_ends_with_1(run):
    done = run(REJECTED)
    assert done.exit_code == 1
    assert "3 votes sent, 3 acknowledged" in done.stdout
    assert "1 accepted, 2 rejected" in done.stdout
    assert f"2 x empty: {ADVICE['empty'].cure}" in done.stderr
    assert "tutti dlq show tutti.votes.v1/0/7" in done.stderr
    report = json.loads(run(REJECTED, "--json").stdout)["votes"]
    assert (report["accepted"], report["rejected"]) == (1, 2)
    assert report["reasons"]["empty"]["cure"] == ADVICE["empty"].cure


def test_what_was_accepted_ends_with_0(run):
    done = run(Outcome(3))
    assert done.exit_code == 0
    assert "3 accepted, 0 rejected" in done.stdout


def test_a_message_whose_place_is_not_known_is_neither(run):
    assert "2 accepted, 0 rejected, 1 unknown" in run(Outcome(2)).stdout


def test_without_waiting_nothing_is_asked(run):
    done = run(TransientError("asked"), "--no-wait")
    assert done.exit_code == 0
    assert "accepted" not in done.stdout


def test_what_is_not_known_yet_is_an_error_behind_what_is_known(run):
    late = TransientError("Intake has read nothing")
    done = run(late)
    assert done.exit_code == 1
    assert "3 acknowledged" in done.stdout
    assert done.exception is late
    assert json.loads(run(late, "--json").stdout)["votes"]["accepted"] is None
