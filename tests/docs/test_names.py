"""What pages name in code exists: metrics, topics, views, tables, variables, commands, options."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from places import CHECKOUT

from docs.generate.commands import app
from infra.clickhouse.views import view_names
from infra.service.metrics import METRICS
from schemas.topics import TOPICS

DOCS = CHECKOUT / "docs"
# The glossary lists words that are not used any more.
PAGES = [
    *(page for page in sorted(DOCS.rglob("*.md")) if page.name != "glossary.md"),
    CHECKOUT / "README.md",
    CHECKOUT / "CONTRIBUTING.md",
]
SOURCES = [
    file
    for folder in ("docs", "infra", "loadtests", "models", "pipelines", "tests")
    for file in (CHECKOUT / folder).rglob("*")
    if file.suffix in {".py", ".sh", ".java"}
]
USERS = {"tutti_operator", "tutti_analyst"}
"""Users of ClickHouse elsewhere, whom its operators create."""


def metrics() -> set[str]:
    return set(METRICS) | {sample for metric in METRICS.values() for sample in metric.samples}


def tables() -> set[str]:
    folder = CHECKOUT / "schemas" / "clickhouse" / "migrations"
    text = "".join(file.read_text("utf-8") for file in folder.glob("*.sql"))
    return set(re.findall(r"CREATE [A-Z ]*?(?:TABLE|VIEW) (?:IF NOT EXISTS )?(\w+\.\w+)", text))


def variables() -> set[str]:
    """What the environment may hold: named in a source, or a field of the settings."""
    fields = (CHECKOUT / "docs" / "reference" / "settings.md").read_text("utf-8")
    text = "".join(file.read_text("utf-8") for file in SOURCES)
    return set(re.findall(r"\bTUTTI_[A-Z_]*[A-Z]\b", text)) | set(
        re.findall(r"^\| `(TUTTI_\w+)`", fields, re.MULTILINE)
    )


def commands() -> dict[str, set[str]]:
    """``tutti …`` → its options."""
    found: dict[str, set[str]] = {}

    def walk(command: Any, path: str) -> None:
        for name in getattr(command, "commands", {}):
            walk(command.commands[name], f"{path} {name}")
        found[path] = {option for each in command.params for option in each.opts} | {"--help"}

    walk(typer.main.get_command(app), "tutti")
    return found


KNOWN = (
    (re.compile(r"\b(?:tutti|flink)_[a-z]\w*"), metrics() | USERS),
    (re.compile(r"\btutti\.[a-z-]+\.v\d+\b"), TOPICS.keys()),
    (
        re.compile(r"(?<![\w/.])(?:tutti|marts|open)\.[a-z]\w+\b(?![-.])"),
        tables() | {*view_names()},
    ),
    (re.compile(r"\bTUTTI_[A-Z_]*[A-Z]\b"), variables()),
)
"""Looks like one of them, and those that there are."""
COMMANDS = commands()
CALL = re.compile(r"(?:^|[|;&] *)(?:\.venv/bin/)?(tutti [a-z][^|;&#]*)")
"""A command as it is typed."""


def code(page: str) -> list[str]:
    """The code of a page: what stands in sentences, and the lines of blocks."""
    blocks = re.findall(r"^```.*?\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`]+)`", prose) + [
        line for block in blocks for line in block.split("\n")
    ]


def unknown(page: str) -> Iterator[str]:
    for text in code(page):
        for looks, there in KNOWN:
            yield from (name for name in looks.findall(text) if name not in there)
        for call in CALL.findall(text):
            words = call.split()
            path = " ".join(words[:3]) if " ".join(words[:3]) in COMMANDS else " ".join(words[:2])
            if path not in COMMANDS:
                yield call
            else:
                options = re.findall(r"(?<!\S)\[?(--[a-z-]+)", re.sub(r'".*?"', "", call))
                yield from (f"{path} {name}" for name in options if name not in COMMANDS[path])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(Path(page).relative_to(CHECKOUT)))
def test_what_a_page_names_exists(page):
    assert not list(unknown(page.read_text("utf-8")))


@pytest.mark.parametrize(
    "name",
    [
        "tutti_intake_eaten_total",
        "tutti.nothing.v1",
        "marts.nothing",
        "TUTTI_" + "NOTHING",
        "tutti eat cities-2026",
        "tutti top cities-2026 --eat",
    ],
)
def test_a_name_that_is_none_would_be_found(name):
    assert list(unknown(f"So `{name}` it is."))
    assert list(unknown(f"```\n{name}\n```\n"))
