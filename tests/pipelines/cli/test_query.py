"""``tutti query``: formats as with curl, errors once, and readers that have had enough."""

import json
import os
import subprocess
import sys

import pytest
from places import CHECKOUT

from pipelines.cli.error_sentences import clickhouse_says
from pipelines.cli.query import FOR_PEOPLE


@pytest.mark.parametrize(
    ("sql", "form", "answer"),
    [
        ("SELECT 1 AS a FORMAT CSVWithNames", None, '"a"\n1\n'),
        ("SELECT 1 AS a FORMAT CSVWithNames;", None, '"a"\n1\n'),
        ("SELECT 1 AS a\nFORMAT CSVWithNames -- and a word", None, '"a"\n1\n'),
        ("SELECT 1 AS a", "CSVWithNames", '"a"\n1\n'),
        ("SELECT 1 AS a;", "CSVWithNames", '"a"\n1\n'),
        ("SELECT 1 AS a FORMAT CSV", "JSONEachRow", "1\n"),
        ("SELECT 'x FORMAT CSV' AS a -- FORMAT CSV", "JSONEachRow", '{"a":"x FORMAT CSV"}\n'),
        ("SELECT {n:UInt8} AS a FORMAT TSV", None, "7\n"),
        ("-- how many\nSELECT 1 AS a FORMAT TSV", None, "1\n"),
    ],
)
def test_a_format_in_the_statement_counts_and_none_is_added(commands, sql, form, answer):
    option = ["--format", form] if form else []
    [ended] = commands.each([["query", sql, *option, "--param", "n=7"]])
    assert (ended.code, ended.out) == (0, answer), ended.err


def test_without_a_format_people_get_a_frame(commands):
    [plain, named] = commands.each(
        [["query", "SELECT 1 AS a"], ["query", "SELECT 1 AS a", "--format", FOR_PEOPLE]]
    )
    assert plain.out == named.out
    assert "┌─a─┐" in plain.out


@pytest.mark.parametrize("end", ["SETTINGS max_threads = 1", "FORMAT CSV SETTINGS max_threads = 1"])
def test_settings_at_the_end_are_sent_as_they_stand(commands, end):
    [ended] = commands.each([["query", f"SELECT 1 {end}", "--format", "TSV"]])
    assert (ended.code, ended.out) == (0, "1\n"), ended.err
    [ended] = commands.each([["query", f"SELECT 1 {end.replace('= 1', '= 8')}"]])
    assert "max_threads can be chosen from 1 to 1 here (READONLY)" in ended.err


@pytest.mark.parametrize(
    ("sql", "printed"),
    [
        ("SELECT * FROM nowhere", "Unknown table expression identifier 'nowhere' (UNKNOWN_TABLE)"),
        ("SELECT x", "Unknown expression identifier `x` (UNKNOWN_IDENTIFIER)"),
        ("SELEC 1", "Maybe you meant: SELECT (SYNTAX_ERROR)"),
        ("INSERT INTO marts.proposals VALUES (1)", "nothing can be written (READONLY)"),
    ],
)
def test_an_error_of_clickhouse_is_said_once(commands, sql, printed):
    [ended] = commands.each([["query", sql]])
    assert ended.code == 1
    assert ended.err.startswith("error: ClickHouse refused the query: ")
    assert printed in ended.err
    assert len(ended.err.splitlines()) == 1
    assert len(ended.err) < 200
    for word in ("Code:", "DB::Exception", "http://", "server response", "In scope"):
        assert word not in ended.err


def test_what_is_not_of_clickhouses_form_is_said_as_it_is():
    assert clickhouse_says("the server is on fire") == "the server is on fire"
    twice = "Code: 6. DB::Exception: Cannot parse 'x': In scope SELECT toUInt8('x'). (CANNOT_PARSE)"
    assert clickhouse_says(twice) == "Cannot parse 'x' (CANNOT_PARSE)"


@pytest.mark.parametrize("buffered", ["", "1"])
@pytest.mark.parametrize(
    "call",
    [
        ["query", "SELECT number FROM numbers(100000) FORMAT CSV"],
        ["top", "acting", "--limit", "1000"],
        ["top", "acting", "--json"],
        ["explain", "acting", "c0", "--sql"],
        ["config", "show"],
        ["top", "--help"],
        ["--help"],
        ["--version"],
    ],
    ids=" ".join,
)
def test_a_reader_that_has_had_enough_is_no_error(commands, call, buffered):
    here, there = os.pipe()
    os.close(here)
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli.main", *call],
        cwd=CHECKOUT, env=commands.environment(PYTHONUNBUFFERED=buffered), stdout=there,
        stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(there)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_server_that_hangs_up_is_not_taken_for_such_a_reader(commands, monkeypatch):
    from pipelines.cli.app import app  # noqa: PLC0415
    from pipelines.cli.main import _run  # noqa: PLC0415

    assert app is not None
    monkeypatch.setattr("sys.argv", ["tutti", "query", "SELECT 1"])
    for name, value in commands.environment().items():
        monkeypatch.setenv(name, value)

    def hang_up(*_args: object, **_more: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr("clickhouse_connect.driver.httpclient.HttpClient.raw_stream", hang_up)
    assert _run() == 1


def test_a_parameter_has_a_name(commands):
    [ended] = commands.each([["query", "SELECT 1", "--param", "x"]])
    assert ended.err == "error: --param x: write name=value, e.g. consultation=cities-2026.\n"
    [ended] = commands.each(
        [["query", "SELECT {x:String} AS x FORMAT JSONEachRow", "--param", "x=a=b"]]
    )
    assert json.loads(ended.out) == {"x": "a=b"}


VALUES = [
    "100%",
    "%(a)s",
    "%d",
    "it's",
    'say "x"',
    "tab\tnew\nline",
    r"\N",
    r"C:\new\table",
    "[/b]",
    "",
]


@pytest.mark.parametrize(
    "sql", ["SELECT {a:String} AS a", "SELECT '{b:String}' AS b, {a:String} AS a"]
)
def test_a_parameter_arrives_as_it_was_typed(commands, sql):
    asked = [["query", f"{sql} FORMAT JSONEachRow", "--param", f"a={value}"] for value in VALUES]
    for value, ended in zip(VALUES, commands.each(asked), strict=True):
        assert ended.code == 0, ended.err
        assert json.loads(ended.out)["a"] == value


def test_a_parameter_may_be_of_any_type(commands):
    texts = [r"it\'s", "100%", "two words"]
    listed = ", ".join(f"'{text}'" for text in texts)
    typed = {
        f"Array(String)=[{listed}]": ["it's", *texts[1:]],
        f"Array(Array(String))=[[{listed}]]": [["it's", *texts[1:]]],
        f"Tuple(String, UInt8)=('{texts[0]}', 7)": ["it's", 7],
        "Map(String, UInt8)={'100%': 7}": {"100%": 7},
        "Nullable(String)=x": "x",
        "LowCardinality(String)=it's": "it's",
        "Date=2026-05-01": "2026-05-01",
    }
    asked = []
    for each in typed:
        kind, _, value = each.partition("=")
        sql = f"SELECT {{a:{kind}}} AS a FORMAT JSONEachRow"
        asked.append(["query", sql, "--param", f"a={value}"])
    for expected, ended in zip(typed.values(), commands.each(asked), strict=True):
        assert ended.code == 0, ended.err
        assert json.loads(ended.out)["a"] == expected


def test_a_statement_without_parameters_is_not_changed_by_any(commands):
    asked = [["query", f"SELECT '{text}' AS a FORMAT JSONEachRow", "--param", "a=1"]
             for text in ("100%", "%(a)s", "%d", "100 % of it", "$a$")]  # fmt: skip
    for call, ended in zip(asked, commands.each(asked), strict=True):
        assert ended.code == 0, ended.err
        assert json.loads(ended.out)["a"] in call[1]


@pytest.mark.parametrize(
    ("sql", "printed"),
    [
        ("SELECT number FROM numbers(3000000)", "(TOO_MANY_ROWS_OR_BYTES)"),
        ("SELECT throwIf(number = 900000, 'late') FROM numbers(950000)", "late"),
        ("SELECT 1 FORMAT Nowhere", "Unknown format Nowhere (UNKNOWN_FORMAT)"),
    ],
)
@pytest.mark.parametrize("form", ["TSV", "CSV", "JSONEachRow"])
def test_a_query_that_fails_midway_says_why_once(commands, sql, printed, form):
    [ended] = commands.each([["query", sql, "--format", form]])
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("error: ClickHouse refused the query: ")
    assert printed in ended.err
    for word in ("__exception__", "does not answer", "IncompleteRead", "Code:"):
        assert word not in ended.err
    name = ended.err.strip().rpartition("(")[2]
    assert ended.err.count(f"({name}") == 1


def test_a_text_that_looks_like_the_end_of_an_answer_is_no_reason_why_it_failed(commands):
    text = r"__exception__\r\nabcdefgh\r\nAll is well.\n12 abcdefgh\r\n__exception__\r\n"
    sql = f"SELECT '{text}' FROM numbers(1200000)"
    [ended] = commands.each([["query", sql, "--format", "TSVRaw"]])
    assert ended.code == 1
    assert ended.err.endswith("(TOO_MANY_ROWS_OR_BYTES)\n")
    assert "well" not in ended.err
