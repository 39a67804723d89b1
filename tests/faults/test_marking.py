"""Every protection is found by its mark, whatever the code around it is called."""

import ast
from collections import Counter
from string import Template

import chdb
import pytest
from faults.marking import (
    MarkError,
    always,
    assigned,
    called_with,
    changed,
    file_of,
    gone,
    marked_files,
    never,
    replaced,
    uncaught,
)
from faults.protections import PROTECTIONS
from places import CHECKOUT

from infra.clickhouse.formulas import formulas

CODE = '''\
def read(source):
    try:
        # protects: é waits
        if source.flush(30.0):  # "ü"
            raise OSError
        # protects: reads
        return source.open("é", **{"more": 1})
    # protects: survives
    except (OSError, TimeoutError) as error:
        pass


TEXT = f"""SELECT 1
    -- protects: counts once
    WHERE rn = 1 AND {read}"""
OPTIONS = {
    # protects: claims
    "mode": "CLAIM",
    "other": "CLAIM",
}
# protects: the order
# which is explained here
ORDER: frozenset[str] = frozenset({"last"})
'''


def test_every_protection_is_marked_exactly_once_and_every_mark_is_one():
    marks = Counter(name for name, _ in marked_files(CHECKOUT))
    assert marks == Counter(protection.name for protection in PROTECTIONS)


@pytest.mark.parametrize("protection", PROTECTIONS, ids=lambda it: it.name.replace(" ", "-"))
def test_without_the_protection_the_source_still_compiles_and_does_something_else(protection):
    file = file_of(CHECKOUT, protection.name)
    source = file.read_text()
    without = changed(source, protection.name, protection.change)
    if file.suffix == ".py":
        assert ast.dump(ast.parse(without)) != ast.dump(ast.parse(source))
        compile(without, str(file), "exec")
    else:
        assert formatted(without) != formatted(source)


def formatted(source: str) -> str:
    """As ClickHouse writes what it has understood of a file's statements."""
    filled = Template(source).substitute(formulas())
    statements = [text for text in filled.split(";\n") if text.strip()]
    quoted = [text.replace("\\", "\\\\").replace("'", "\\'") for text in statements]
    formats = ", ".join(f"formatQuery('{text}')" for text in quoted)
    return chdb.query(f"SELECT {formats}", "TSVRaw").data()


def test_the_tests_that_must_be_red_are_there():
    named = {test.partition("[")[0] for protection in PROTECTIONS for test in protection.tests}
    assert [test for test in sorted(named) if not exists(test)] == []


def exists(test: str) -> bool:
    file, _, function = test.partition("::")
    if not (CHECKOUT / file).exists():
        return False
    tree = ast.parse((CHECKOUT / file).read_text())
    return any(isinstance(it, ast.FunctionDef) and it.name == function for it in ast.walk(tree))


@pytest.mark.parametrize(
    ("name", "change", "was", "becomes"),
    [
        ("é waits", never, "if source.flush(30.0):", "if False:"),
        ("é waits", always, "if source.flush(30.0):", "if True:"),
        ("é waits", gone, 'if source.flush(30.0):  # "ü"\n            raise OSError', "pass"),
        ("reads", called_with("x=1"), '**{"more": 1})', '**{"more": 1}, x=1)'),
        ("survives", uncaught, "except (OSError, TimeoutError) as", "except ZeroDivisionError as"),
        ("counts once", replaced("= 1", "<= 2"), "rn = 1", "rn <= 2"),
        ("claims", replaced("CLAIM", "NONE"), '"mode": "CLAIM"', '"mode": "NONE"'),
        ("the order", assigned("None"), '= frozenset({"last"})', "= None"),
    ],
)
def test_a_change_touches_the_marked_piece_only(name, change, was, becomes):
    assert changed(CODE, name, change) == CODE.replace(was, becomes)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("unknown", gone),
        ("reads", never),
        ("reads", assigned("1")),
        ("é waits", uncaught),
        ("survives", gone),
        ("claims", called_with("x=1")),
        ("claims", replaced("OTHER", "NONE")),
        ("claims", replaced("M|C", "")),
        ("claims", replaced("CLAIM", "CLAIM")),
    ],
)
def test_a_mark_that_is_missing_or_before_something_else_is_said(name, change):
    with pytest.raises(MarkError):
        changed(CODE, name, change)


def test_a_mark_that_stands_twice_is_said(tmp_path):
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "one.py").write_text("# protects: x\npass\n")
    assert file_of(tmp_path, "x").name == "one.py"
    (tmp_path / "infra" / "two.sql").write_text("-- protects: x\nSELECT 1\n")
    with pytest.raises(MarkError, match="2 times"):
        file_of(tmp_path, "x")
