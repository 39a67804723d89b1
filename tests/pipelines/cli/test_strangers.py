"""What strangers wrote, on every command: no traceback, nothing that acts, no word lost."""

import json
import re
import unicodedata

import pytest

from pipelines.cli.commands import COMMANDS

HOSTILE = "\x1b[2J[/b]\u202e\x9b31m\x07{x}%s"
"""As an argument; a terminal obeys it, markup and formats fail on it."""
WIDE = "4000"
NEEDS_KAFKA_OR_FLINK = {"demo", "up", "send", "sync", "import", "reconcile", "rebuild"}
CHANGES_THE_STACK = {"down", "reset", "backup", "restore"}
STYLE = re.compile(r"\x1b\[[0-9;?]*[mhlHJ]|\x1b\[K")
"""What Rich writes to colour, to clear and to move: none of it comes from a text."""


def acting(shown: str) -> set[str]:
    """Characters in an output that a terminal obeys or does not show."""
    return {
        hex(ord(character))
        for before, character in zip(" " + shown, shown, strict=False)
        if character != "\n"
        and unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        and not (character in "\u200c\u200d" and before.isprintable() and before != " ")
        and not (0xE0030 <= ord(character) <= 0xE007F)  # a region's flag
    }


def _split(text: str) -> list[str]:
    """What a person would look for in a text, whatever stands between."""
    seen = "".join(
        " " if c.isspace() or unicodedata.category(c) in {"Cc", "Cf", "Cs", "Mn"} else c
        for c in text
    )
    return [word for word in seen.split() if "\u3164" not in word]


def lost(text: str, shown: str) -> list[str]:
    return [word for word in _split(text) if word not in shown]


def reading(texts: dict[str, dict[str, str]]) -> list[list[str]]:
    """Every reading command on every consultation, and on proposals of every kind."""
    boards = ("top", "groups", "clusters", "signals", "similar")
    orders = ("consensus", "top_score", "controversy", "rejection", "divisiveness")
    return [
        *(["list"], ["status"], ["doctor"], ["config", "show"], ["dlq", "stats"]),
        *([board, consultation] for board in boards for consultation in texts),
        *(["top", "acting", "--by", order] for order in orders),
        ["top", "acting", "--country", "FR"],
        *(["explain", "acting", proposal] for proposal in texts["acting"]),
        ["results", "acting"],
    ]


def test_no_command_fails_on_them_or_lets_one_act(commands):
    calls = reading(commands.texts)
    for call, ended in zip(calls, commands.each(calls, COLUMNS="80"), strict=True):
        assert ended.code == (1 if call[0] in {"status", "doctor"} else 0), (call, ended)
        assert not acting(ended.out + ended.err), (call, ended.out)


@pytest.mark.parametrize("consultation", ["acting", "bug-02", "bug-lang", "bug-text", "case-1"])
def test_no_word_is_lost_where_there_is_room(commands, consultation):
    of = commands.texts[consultation]
    boards = [["top", "--limit", "1000"], ["similar", "--limit", "1000"], ["clusters"], ["signals"]]
    calls = [
        *([board, consultation, *more] for board, *more in (*boards, ["groups", "--limit", "100"])),
        *(["explain", consultation, proposal, "--all"] for proposal in list(of)[:5]),
        ["list"],
    ]
    ended = commands.each(calls, COLUMNS=WIDE)
    assert {one.code for one in ended} == {0}
    assert not acting("".join(one.out + one.err for one in ended))
    top, similar, clusters, signals, groups, *explained, listed = (one.out for one in ended)
    for shown in (top, listed):
        assert not lost(commands.titles[consultation], shown)
    for text in of.values():
        assert not lost(text, top)
        assert not lost(text, groups)
        assert len(of) == 1 or not lost(text, similar)
    for text, shown in zip(of.values(), explained, strict=False):
        assert not lost(text, shown)
    for shown in (clusters, signals):
        assert not lost(next(iter(of.values())), shown)


def test_programs_get_the_texts_exactly_and_nothing_acts(commands):
    for consultation, of in commands.texts.items():
        calls = [
            ["top", consultation, "--json"],
            ["list", "--json"],
            ["signals", consultation, "--json"],
        ]
        top, listed, signals = commands.each(calls)
        assert {row["proposal_id"]: row["text"] for row in json.loads(top.out)["rows"]} == of
        assert json.loads(top.out)["title"] == commands.titles[consultation]
        titles = {row["consultation_id"]: row["title"] for row in json.loads(listed.out)}
        assert titles == commands.titles | {"empty": "empty"}
        assert json.loads(signals.out)
        assert not acting(top.out + listed.out + signals.out)


def test_a_query_shows_them_to_people_and_gives_programs_the_bytes(commands):
    sql = "SELECT text FROM marts.proposals WHERE consultation_id = 'acting' ORDER BY proposal_id"
    texts = [text for _, text in sorted(commands.texts["acting"].items())]
    pretty, vertical, raw = commands.each(
        [
            ["query", sql],
            ["query", f"{sql} FORMAT Vertical"],
            ["query", sql, "--format", "JSONEachRow"],
        ]
    )
    for shown in (pretty.out, vertical.out):
        assert not acting(shown.replace("\t", ""))
        assert not [word for text in texts for word in lost(text, shown) if len(word) < 900]
    assert [json.loads(line)["text"] for line in raw.out.rstrip("\n").split("\n")] == texts


@pytest.mark.parametrize(
    "call",
    [["top", "acting"], ["explain", "acting", "c0"], ["clusters", "acting"], ["list"],
     ["signals", "acting"], ["similar", "acting"], ["groups", "acting"], ["top", HOSTILE],
     ["query", "SELECT text FROM marts.proposals WHERE consultation_id = 'acting' FORMAT TSVRaw"],
     ["query", f"SELECT '{HOSTILE}"]],
    ids=lambda call: call[0],
)  # fmt: skip
def test_a_terminal_gets_colours_and_nothing_else_that_it_obeys(commands, call):
    written = commands.on_a_terminal(*call)
    assert "Traceback" not in written
    assert not acting(STYLE.sub("", written).replace("\t", ""))


def errors_with_strangers_words(tmp: str) -> list[list[str]]:
    """Every command that answers what somebody typed, or a file of a strange name."""
    file = f"{tmp}/{HOSTILE.replace('/', '')}"
    return [
        *([name, HOSTILE] for name in ("top", "groups", "clusters", "signals", "similar")),
        *([HOSTILE], ["explain", HOSTILE, HOSTILE], ["explain", "acting", HOSTILE]),
        *(["top", "acting", "--at", HOSTILE], ["top", "acting", "--by", HOSTILE]),
        *(["query", HOSTILE], ["query", "SELECT 1", "--param", HOSTILE]),
        *(["query", f"SELECT toUInt8('{HOSTILE}')"], ["query", "SELECT 1", "--format", HOSTILE]),
        *(["export", HOSTILE, "--to", f"{tmp}/new"], ["export", "acting", "--to", "/dev/null/x"]),
        *(["dlq", "show", HOSTILE], ["dlq", "stats", "--reason", HOSTILE]),
        *(["dlq", "stats", "--kind", HOSTILE], ["dlq", "stats", "--since", HOSTILE]),
        *(
            ["schemas", "check", file, "--kind", "votes"],
            ["send", file, "--kind", "votes", "--check"],
        ),
        *(["import", "polis", file, "--consultation", "c"], ["models", "verify", file]),
        *(["import", "polis", file, "--consultation", "c", "--speed", HOSTILE],),
        *(["sources", "revoke", HOSTILE], ["dashboards", "diff", "--docs", HOSTILE]),
        *(["restore", file], ["backup", f"{tmp}"], ["top", "acting", f"--{HOSTILE}"]),
        *(["operator-token", HOSTILE], ["arrivals", HOSTILE]),
        *(["arrivals", "acting", "--source", HOSTILE, "--since", HOSTILE],),
        *([name, HOSTILE] for name in ("close", "reopen", "results")),
        *(["close", "acting", f"--{name}", HOSTILE] for name in ("at", "result", "by", "why")),
    ]


def test_no_error_lets_one_act(commands, tmp_path):
    calls = errors_with_strangers_words(str(tmp_path))
    for call, ended in zip(calls, commands.each(calls), strict=True):
        assert ended.code in {1, 2}, (call, ended)
        assert not acting(ended.out + ended.err), (call, ended.err)
        assert ended.err, call


def test_a_folder_of_a_strange_name_is_shown_in_one_piece(commands, tmp_path):
    folder = tmp_path / HOSTILE.replace("/", "")
    for more in ([], ["--database", "marts", "--layout", "polis"]):
        call = ["export", "acting", "--to", f"{folder}{len(more)}", *more]
        [ended] = commands.each([call], COLUMNS="80")
        assert ended.code == 0, ended
        assert not acting(ended.out + ended.err)
        assert "\\u001b[2J[b]\\u202e\\u009b31m\\u0007{x}%s" in ended.out.splitlines()[0]


def test_every_command_is_swept(commands, tmp_path):
    swept = {call[0] for call in reading(commands.texts)}
    swept |= {call[0] for call in errors_with_strangers_words(str(tmp_path))}
    assert set(COMMANDS) - swept <= NEEDS_KAFKA_OR_FLINK | CHANGES_THE_STACK
