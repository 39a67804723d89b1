"""Which consultations there are, and what is said of one that there is not."""

import json

import pytest


def test_every_consultation_is_listed_with_its_numbers(commands):
    shown, listed = commands.each([["list"], ["list", "--json"]], COLUMNS="80")
    rows = {row["consultation_id"]: row for row in json.loads(listed.out)}
    assert rows.keys() == {*commands.texts, "empty"}
    for consultation, texts in commands.texts.items():
        assert rows[consultation]["accepted_proposals"] == len(texts)
        assert rows[consultation]["announced"] == 1
        assert rows[consultation]["all_ballots"] > 0
    assert shown.out.splitlines()[0] == "6 consultations"
    [line] = [line for line in shown.out.splitlines() if line.startswith("case-1 ")]
    assert line.split() == ["case-1", "Mobility", "[/b]", "budget", "2", "600"]


@pytest.mark.parametrize("command", ["top", "groups", "clusters", "signals", "similar", "explain"])
def test_a_name_that_is_nearly_right_gets_the_right_one(commands, command):
    more = ["p1"] if command == "explain" else []
    near, far = commands.each([[command, "case_1", *more], [command, "nowhere", *more]])
    assert (near.code, far.code) == (1, 1)
    assert near.err == (
        "error: There is no consultation case_1: did you mean case-1? tutti list shows all.\n"
    )
    assert far.err == "error: There is no consultation nowhere: tutti list shows all.\n"


def test_an_export_says_so_too(commands, tmp_path):
    [ended] = commands.each([["export", "case_1", "--to", str(tmp_path / "new")]])
    assert "did you mean case-1?" in ended.err


def test_of_a_consultation_that_is_known_the_command_says_what_is_missing(commands):
    [ended] = commands.each([["explain", "case-1", "p9"]])
    assert ended.err == "error: There are no votes on case-1/p9.\n"
