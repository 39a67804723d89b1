"""``tutti import polis``: nothing is sent of an export with a row that would be rejected."""

import json
import shutil
from pathlib import Path
from typing import ClassVar

import pytest
from places import FIXTURES
from typer.testing import CliRunner, Result

from pipelines.cli.app import app
from pipelines.exchange import outcome, send
from pipelines.exchange.send import Receipt
from schemas.rejections import Rejection
from schemas.rules import VALIDATORS

LATER_MS = 4_000_000_000_000
CASES = FIXTURES / "cases"


class FakeSender:
    """Keeps what is sent."""

    sent: ClassVar[list[tuple[str, dict[str, object]]]] = []

    def __init__(self, _settings: object) -> None:
        FakeSender.sent = []

    def send(self, kind: str, payload: bytes) -> None:
        assert not isinstance(VALIDATORS[kind](payload, LATER_MS), Rejection)  # type: ignore[index]
        FakeSender.sent.append((kind, json.loads(payload)))

    def finish(self) -> Receipt:
        return Receipt(len(FakeSender.sent), len(FakeSender.sent))


class FakeWatch:
    """Everything was accepted."""

    def __init__(self, _settings: object) -> None:
        pass

    def outcome(self, *_: object) -> outcome.Outcome:
        return outcome.Outcome(accepted=len(FakeSender.sent))


@pytest.fixture(autouse=True)
def nothing_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send, "Sender", FakeSender)
    monkeypatch.setattr(outcome, "Watch", FakeWatch)
    FakeSender.sent = []


def run(folder: Path, *options: str) -> Result:
    arguments = ["import", "polis", str(folder), "--consultation", "c", *options]
    return CliRunner().invoke(app, arguments)


def output(done: Result) -> str:
    """On standard error, or as the error that `main` prints."""
    return done.stderr + (str(done.exception) if done.exception else "")


@pytest.mark.parametrize(
    ("case", "sentences"),
    {
        "badid": ['comments.csv, line 4, column comment-id: bad_identifier, found "2 b"'],
        "empty": ['comments.csv, line 4, column comment-body: empty, found ""'],
        "long": ["comments.csv, line 4, column comment-body: too_long, found"],
        "sec": [
            "comments.csv, line 2, column timestamp: bad_time",
            "votes.csv, line 3, column timestamp: bad_time",
            "Times are milliseconds since 1970",
        ],
    }.items(),
)
def test_a_row_that_would_be_rejected_is_named_and_nothing_is_sent(
    case: str, sentences: list[str]
) -> None:
    done = run(CASES / "polis-silent" / case)
    assert done.exit_code == 1
    assert not FakeSender.sent
    assert "nothing was sent" in output(done)
    for sentence in sentences:
        assert sentence in output(done)


def test_every_case_that_is_not_harmless_sends_nothing() -> None:
    for folder in sorted(CASES.glob("polis-*/*")):
        FakeSender.sent = []
        done = run(folder)
        harmless = folder.name.startswith("bom")
        assert (done.exit_code, bool(FakeSender.sent)) == (int(not harmless), harmless), folder.name


@pytest.mark.parametrize(
    ("column", "spoiled", "reason"),
    [
        ("comment-id", "a b", "bad_identifier"),
        ("comment-body", "", "empty"),
        ("comment-body", "x" * 140_000, "too_long"),
        ("comment-body", "\x1b[2J", "control_character"),
        ("comment-body", "\u202ex", "control_character"),
        ("author-id", "ö", "bad_identifier"),
        ("timestamp", "4102444800000", "future_time"),
        ("timestamp", "1", "bad_time"),
    ],
)
def test_whatever_cell_breaks_a_rule_is_named_by_its_column(
    tmp_path: Path, column: str, spoiled: str, reason: str
) -> None:
    shutil.copytree(CASES / "polis-mangled" / "bom", tmp_path / "export")
    file = tmp_path / "export" / "comments.csv"
    header, first, *rest = file.read_text("utf-8").splitlines()
    cells = dict(zip(header.split(","), first.split(","), strict=True))
    named = next(name for name in cells if name.removeprefix("\ufeff") == column)
    cells[named] = spoiled
    file.write_text("\n".join([header, ",".join(cells.values()), *rest]), "utf-8")
    if column == "comment-id":  # a vote for a comment that is not there would be told first
        votes = file.with_name("votes.csv")
        votes.write_text(votes.read_text("utf-8").replace(",Fri,0,", f",Fri,{spoiled},"), "utf-8")
    done = run(tmp_path / "export")
    assert f"comments.csv, line 2, column {column}: {reason}, found " in output(done)
    assert not FakeSender.sent


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--countries", "fr"], "--countries: bad_country"),
        (["--consultation", "a b"], "--consultation: bad_identifier"),
    ],
)
def test_an_option_that_breaks_a_rule_is_named(options: list[str], sentence: str) -> None:
    done = run(FIXTURES / "polis", *options)
    assert sentence in output(done)
    assert not FakeSender.sent


def test_the_title_is_the_topic_of_the_summary_and_obeys_the_rules(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "polis", tmp_path / "export")
    summary = tmp_path / "export" / "summary.csv"
    summary.write_text('topic,"Rivers, lakes ""and"" seas"\nurl,https://example.org\n')
    assert run(tmp_path / "export").exit_code == 0
    assert FakeSender.sent[0] == (
        "consultations",
        {"consultation_id": "c", "title": 'Rivers, lakes "and" seas'},
    )
    for nothing in ("url,x\n", "topic,\n", ""):
        summary.write_text(nothing)
        assert run(tmp_path / "export").exit_code == 0
        assert FakeSender.sent[0][1]["title"] == "c"
    FakeSender.sent = []
    summary.write_text(f"url,x\ntopic,{'x' * 301}\n")
    assert "summary.csv, line 2, column topic: too_long" in output(run(tmp_path / "export"))
    assert not FakeSender.sent


def test_statements_about_the_conversation_are_sent_as_such() -> None:
    assert run(CASES / "meta-statements" / "polis").exit_code == 0
    proposals = [event for kind, event in FakeSender.sent if kind == "proposals"]
    assert {p["proposal_id"] for p in proposals if p.get("meta")} == {str(n) for n in range(10, 20)}


def test_what_became_of_the_messages_is_said_and_a_country_that_is_none_is_warned_of() -> None:
    done = run(FIXTURES / "polis", "--countries", "UK,DE")
    assert done.exit_code == 0
    assert f"{len(FakeSender.sent)} accepted, 0 rejected" in done.stdout
    assert "UK is no code of ISO 3166-1: write GB" in done.stderr
    report = json.loads(run(FIXTURES / "polis", "--no-wait", "--json").stdout)
    assert report["messages"]["accepted"] is None
