"""``tutti close``, ``reopen``, ``results``: what is written, what is refused, what is shown."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from infra.clickhouse.client import connect
from infra.clickhouse.closings import keep_result
from infra.config.closings import read_closings

CLOSED = datetime(2026, 6, 1, 20, tzinfo=UTC)
LATER = "2099-01-01T00:00:00Z"


@pytest.fixture
def run(commands):
    def run(*call: str, code: int = 0) -> str:
        [ended] = commands.each([list(call)], COLUMNS="80")
        assert ended.code == code, (call, ended)
        return ended.out + ended.err

    yield run
    commands.settings.closings.unlink(missing_ok=True)


def test_a_closing_to_come_can_be_moved_and_taken_back(run, commands):
    shown = run("close", "bug-02", "--at", LATER, "--grace", "600", "--by", "ana", "--why", "über")
    assert "bug-02 is closed from 2099-01-01 00:00:00 UTC on" in shown
    assert "final is kept a minute or two after 2099-01-01 00:10:00 UTC" in shown
    run("close", "bug-02", "--at", "2098-01-01T00:00:00Z")
    assert "takes votes from" in run("reopen", "bug-02", "--why", "a mistake")
    assert "is open then anyway" in run("reopen", "bug-02", code=1)
    found = read_closings(commands.settings)
    assert found.spans == {"bug-02": ()}
    states = [(entry.state, entry.result, entry.by) for entry in found.entries[:1]]
    assert states == [("closed", "final", "ana")]
    assert [entry.result for entry in found.entries] == ["final", "final-2", ""]
    assert all(entry.by for entry in found.entries)
    assert found.entries[0].why == "über"


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (("close", "bug-2"), "bug-02"),
        (("close", "tutti-probe"), "There is no|stays open"),
        (("close", "bug-02", "--at", "2020-01-01T00:00:00Z"), "lies in the past"),
        (("close", "bug-02", "--at", "soon"), "is an instant such as"),
        (("close", "bug-02", "--grace", "604801"), "604800"),
        (("close", "bug-02", "--result", "a b"), "matching regex"),
        (("close", "bug-02", "--at", LATER, "--why", "a\x1bb"), "no control character"),
        (("results", "bug-02"), "No such result is kept of bug-02"),
        (("results", "bug-2"), "bug-02"),
    ],
)
def test_what_is_refused_writes_nothing(run, commands, call, sentence):
    assert re.search(sentence, run(*call, code=1))
    assert not commands.settings.closings.exists()


def test_a_result_is_shown_overall_and_by_country(run, commands):
    client = connect(commands.settings)
    keep_result(client, "acting", "night", CLOSED, CLOSED + timedelta(minutes=2))
    shown = run("results", "acting")
    assert shown.startswith("night\n")
    assert "closed 2026-06-01 20:00:00 UTC, kept 2026-06-01 20:02:00 UTC" in shown
    [first, *_] = json.loads(run("results", "acting", "--result", "night", "--json"))
    assert (first["result"], first["closed_at"][:19]) == ("night", "2026-06-01T20:00:00")
    assert "night in FR" in run("results", "acting", "--country", "FR", "--result", "night")
    assert "No such result" in run("results", "acting", "--result", "other", code=1)
