"""What knows the internal tables lies in `infra/clickhouse`: no other Python file names them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.clickhouse.migrations import migrations
from infra.clickhouse.tables import RECORD_TABLES
from infra.clickhouse.views import view_names
from infra.config.folders import CHECKOUT
from pipelines.sink.batch import TOPICS

PACKAGES = ("schemas", "operators", "models", "infra", "pipelines", "loadtests")
ROOM = CHECKOUT / "infra" / "clickhouse"

CREATED = {
    name
    for migration in migrations()
    for name in re.findall(r"CREATE (?:TABLE|MATERIALIZED VIEW) (tutti\.\w+)", migration.text)
}
INTERNAL = (
    CREATED
    | {name for name in view_names() if name.startswith("tutti.")}
    | {"tutti.migrations", "tutti.views"}  # which say what was made
)
NAMES = "|".join(sorted(name.removeprefix("tutti.") for name in INTERNAL))
NAMED = re.compile(
    # A table or view, or one whose name is filled in; not the name of a topic.
    rf"\btutti[`\"]?\.[`\"]?(?:(?:{NAMES})\b(?!\.v\d|-)|\{{)"
    r"|\b(?:FROM|JOIN|INTO|TABLE|UPDATE)\s+[`\"]?tutti\b"
    r"|\bdatabase\s*(?:=|IN\s*\()\s*'tutti'",
    re.IGNORECASE,
)
INSERTS = {"insert", "insert_arrow", "insert_df", "create_insert_context", "raw_insert"}


def statements(source: str) -> list[str]:
    """The strings of a program that name internal tables, and its inserts into them."""
    tree = ast.parse(source)
    found = [text for text in texts(tree) if NAMED.search(text)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            named = {keyword.arg for keyword in node.keywords}
            if node.func.attr in INSERTS and "database" in named:
                found.append(ast.unparse(node))
    return found


def texts(node: ast.AST) -> Iterator[str]:
    """All strings but docstrings; what an f-string or a template fills in is ``{``."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.value
        elif isinstance(child, ast.JoinedStr):
            yield "".join(
                piece.value if isinstance(piece, ast.Constant) else "{" for piece in child.values
            )
            for piece in child.values:
                yield from texts(piece)
        else:
            yield from texts(child)


def sources() -> list[Path]:
    return [
        file
        for package in PACKAGES
        for file in sorted((CHECKOUT / package).rglob("*.py"))
        if ROOM not in file.parents
    ]


def test_no_statement_on_internal_tables_stands_outside_their_room() -> None:
    scanned = sources()
    assert len(scanned) > 200
    found = {
        str(file.relative_to(CHECKOUT)): named
        for file in scanned
        if (named := statements(file.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_the_room_itself_is_full_of_them() -> None:
    found = [file for file in ROOM.glob("*.py") if statements(file.read_text(encoding="utf-8"))]
    assert len(found) > 10


@pytest.mark.parametrize(
    "source",
    [
        'sql = "SELECT max(epoch) FROM tutti.epochs"',
        'sql = "SELECT 1 FROM `tutti`.`epochs`"',
        'sql = "SELECT count() FROM tutti." + table',
        'sql = f"SELECT count() FROM tutti.{table}"',
        'sql = f"SELECT 1 {more} WHERE e IN (SELECT epoch FROM tutti.active_epoch_at(at = {at}))"',
        'sql = "SELECT count() FROM tutti.{table}".format(table=table)',
        "sql = f\"SELECT {sums(f'(SELECT max(epoch) FROM tutti.epochs)')}\"",
        'sql = "DELETE FROM tutti.cuts WHERE epoch < 3"',
        'sql = "OPTIMIZE TABLE tutti.ballots FINAL"',
        'tables = {"tutti.accepted-votes.v1": "tutti.accepted_votes"}',
        "sql = \"SELECT rows FROM system.parts WHERE database = 'tutti'\"",
        'clickhouse.insert("epochs", rows, column_names=names, database="tutti")',
        'clickhouse.insert("epochs", rows, column_names=names, database=DATABASE)',
        'self._client.create_insert_context("epochs", names, database="tutti")',
    ],
)
def test_a_statement_is_found(source: str) -> None:
    assert statements(source)


@pytest.mark.parametrize(
    "source",
    [
        '"""Rows of `tutti.signals`, one each."""',
        'class Row:\n    """A row of `tutti.signals`."""\n    a: int\n    """Of tutti.epochs."""',
        'names = [name for name in topics if name.startswith("tutti.")]',
        'text = "The beginning of tutti.votes.v1 is gone: tutti.proposals.v1 is not."',
        'topic = TOPICS["tutti.cluster-progress.v1"]',
        'sql = "SELECT * FROM marts.signals"',
        'log = logging.getLogger("tutti")',
    ],
)
def test_what_is_no_statement_is_not(source: str) -> None:
    assert statements(source) == []


def test_every_topic_that_the_sink_reads_has_a_table() -> None:
    assert RECORD_TABLES.keys() == {topic.name for topic in TOPICS}
    assert set(RECORD_TABLES.values()) <= CREATED
