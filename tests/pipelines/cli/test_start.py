"""What a call of ``tutti`` imports: the time before it answers is the time of its imports."""

import inspect
import json
import os
import subprocess
import sys
import tomllib

import pytest
import typer
from places import CHECKOUT

from pipelines.cli.app import app
from pipelines.cli.commands import COMMANDS, OPTIONS, SECTIONS, VERSION, overview

HEAVY = frozenset(
    {
        *("apache_beam", "asyncio", "chdb", "clickhouse_connect", "confluent_kafka", "msgspec"),
        *("infra", "models", "multiprocessing", "numpy", "onnxruntime", "pandas", "pkg_resources"),
        *("prometheus_client", "psutil", "pyarrow", "pydantic", "pydantic_settings", "redis"),
        *("rich", "structlog", "supervisor", "tenacity", "typer"),
    }
)
DECLARED = frozenset({"typer", "pydantic"})
"""What Typer needs to explain a command and to read its options."""
RUN_EACH = """
import contextlib, io, json, sys
heavy, calls = json.loads(sys.argv.pop())
told = []
for call in calls:
    sys.argv = ["tutti", *call]
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            from pipelines.cli.main import main
            main()
        except SystemExit as ended:
            code = ended.code
    imported = [name for name in heavy if name in sys.modules]
    told.append([code, *(f.buffer.getvalue().decode() for f in (out, err)), imported])
print(json.dumps(told))
"""


def run_each(*calls, **environment):
    """Run calls one after the other in one process: status, output, errors, heavy imports."""
    done = subprocess.run(
        [sys.executable, "-c", RUN_EACH, json.dumps([sorted(HEAVY), calls])],
        cwd=CHECKOUT,
        env={**os.environ, "TUTTI_PORT_BASE": "1024", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_what_needs_no_command_imports_nothing():
    report = run_each(["--help"], [], ["--version"], ["stauts"])
    assert [code for code, *_ in report] == [0, 2, 0, 2]
    assert report[-1][-1] == []


@pytest.mark.parametrize("option", ["--help", "--nothing-of-this-name"])
def test_what_a_command_is_comes_without_what_it_works_with(option):
    report = run_each(*([name, option] for name in COMMANDS))
    for name, (code, out, err, heavy) in zip(COMMANDS, report, strict=True):
        assert set(heavy) <= DECLARED, name
        assert code == (0 if option == "--help" else 2)
        assert f"Usage: tutti {name}" in out + err
        assert option == "--help" or "No such option" in err


@pytest.mark.parametrize("words", ["tutti sta", "tutti top x --wa"])
def test_a_shell_that_completes_waits_for_typer_only(words):
    [[code, out, _, heavy]] = run_each(
        [], _TUTTI_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=str(words.count(" "))
    )
    assert code == 0
    assert set(heavy) <= DECLARED
    assert out.split() == (["status"] if words.endswith("sta") else ["--watch"])


def test_a_wrong_setting_is_said_before_anything_else_is_imported():
    calls = [
        *([name] for name in ("demo", "up", "down", "status", "doctor", "reset", "rebuild")),
        *([name] for name in ("sync", "reconcile", "list", "operator-token")),
        *([name, "c"] for name in ("top", "groups", "clusters", "signals", "similar", "restore")),
        ["arrivals", "c"],
        *(["explain", "c", "p"], ["query", "SELECT 1"], ["export", "c", "--to", "folder"]),
        *(["send", "-", "--kind", "votes"], ["schemas", "check", "-", "--kind", "votes"]),
        *(["import", "polis", "folder", "--consultation", "c"], ["config", "show"]),
        *(["dlq", "stats"], ["models", "list"], ["backup", "folder"]),
        *(["sources", "list"], ["dashboards", "diff"]),
        *([name, "c"] for name in ("close", "reopen", "results")),
    ]
    assert {call[0] for call in calls} == set(COMMANDS)
    for call, (code, out, err, heavy) in zip(
        calls, run_each(*calls, TUTTI_PORT_BASE="many"), strict=True
    ):
        assert set(heavy) <= DECLARED | {"infra"}, call
        assert (code, out) == (1, ""), call
        assert err.startswith("error: TUTTI_PORT_BASE "), call
        assert "many" not in err
        assert len(err.splitlines()) == 1


READERS = DECLARED | {"asyncio", "clickhouse_connect", "infra", "rich"}
"""What a board needs; `clickhouse_connect` brings asyncio."""


@pytest.mark.parametrize(
    ("call", "more"),
    [
        (["list"], set()),
        (["top", "acting"], {"msgspec"}),  # through the names of countries
        (["clusters", "acting"], set()),
        (["groups", "acting"], set()),
        (["signals", "acting"], set()),
        (["similar", "acting"], set()),
        (["query", "SELECT 1"], set()),
        (["explain", "acting", "c0"], {"msgspec", "numpy"}),  # with the formulas
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_reading_command_imports_a_client_a_screen_and_no_service(commands, call, more):
    home, port = str(commands.settings.home), str(commands.settings.port_base)
    [[code, out, _, heavy]] = run_each(call, TUTTI_HOME=home, TUTTI_PORT_BASE=port)
    assert (code, bool(out)) == (0, True)
    assert set(heavy) <= READERS | more


def test_the_state_of_a_stopped_stack_needs_no_client():
    [[code, out, _, heavy]] = run_each(["status"])
    assert code == 1
    assert "clickhouse" in out
    assert set(heavy) <= DECLARED | {"infra", "psutil", "rich", "supervisor"}


def test_the_lines_of_the_help_are_those_of_the_commands():
    root = typer.main.get_command(app)
    for name, (_, line) in COMMANDS.items():
        command = root.commands[name]
        assert inspect.cleandoc(command.help).splitlines()[0] == line, name


def test_the_help_names_every_command_and_every_option_once():
    shown = overview(100)
    for name in [*COMMANDS, *OPTIONS]:
        assert [line.split()[0] for line in shown.splitlines() if line].count(name) == 1
    root = typer.main.get_command(app)
    context = root.make_context("tutti", [], resilient_parsing=True)
    assert {opt for parameter in root.get_params(context) for opt in parameter.opts} == set(OPTIONS)
    assert sum(map(len, SECTIONS.values())) == len(COMMANDS)


@pytest.mark.parametrize("width", [80, 100, 160])
def test_the_help_fits_its_width(width):
    assert max(map(len, overview(width).splitlines())) <= width


def test_a_command_that_is_none_gets_the_nearest_one():
    meant = {"stauts": "status", "cluster": "clusters", "tpo": "top"}
    for (typed, name), (code, _, err, _) in zip(
        meant.items(), run_each(*([typed] for typed in meant)), strict=True
    ):
        assert code == 2
        assert err == (
            f"error: There is no command {typed}: did you mean {name}? tutti --help lists all.\n"
        )
    [[_, _, err, _]] = run_each(["\x1b[2Jzzzz"])
    assert err == "error: There is no command \\u001b[2Jzzzz: tutti --help lists all.\n"


def test_the_version_is_that_of_the_package():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION
    assert run_each(["--version"])[0][1] == f"tutti {VERSION}\n"
