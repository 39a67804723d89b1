"""What commands print, for people and for programs."""

import json
from datetime import UTC, datetime

from pipelines.cli.output import console, errors, print_json


def test_a_line_is_printed_whole_and_cannot_act(capsys):
    console.print("x" * 500 + "\x1b[2J [/b]")
    errors.print("\u202e", style="yellow")
    printed = capsys.readouterr()
    assert printed.out == "x" * 500 + "\\u001b[2J [/b]\n"
    assert printed.err == "\\u202e\n"


def test_json_holds_every_character_and_none_that_acts(capsys):
    value = {
        "a\x9b": "\x00\x1b\x7f\x85\u200b\u202e\u2028\ud800 é 幅 👩‍👩‍👧‍👦",
        "b": [1, None, True],
    }
    print_json(value)
    printed = capsys.readouterr().out
    assert json.loads(printed) == value
    assert printed.isprintable() is False  # its newlines
    assert printed.replace("\n", "").replace("\u200d", "").isprintable()
    print_json({"at": datetime(2026, 5, 1, 12, tzinfo=UTC), "raw": b"\xff"})
    assert json.loads(capsys.readouterr().out) == {"at": "2026-05-01T12:00:00.000Z", "raw": "�"}
