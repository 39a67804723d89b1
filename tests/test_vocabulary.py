"""One idea, one word: what the glossary retired is used nowhere any more.

The second table of ``docs/glossary.md`` is the rule; below stand the exemptions, each with its
reason. A test's name is a sentence: only whole words are looked for in it.
"""

import ast
import io
import json
import keyword
import re
import tokenize
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest
from places import CHECKOUT

from infra.service.metrics import METRICS

PACKAGES = ("schemas", "operators", "models", "infra", "pipelines", "loadtests", "tests")
GLOSSARY = CHECKOUT / "docs" / "glossary.md"

UNCHECKED_DOCUMENTS = {
    "docs/glossary.md": "the table itself",
    "CHANGELOG.md": "says what was renamed",
    "docs/faults.md": "made from results of before the change",
    "docs/performance.md": "made from results of before the change",
    "docs/explain/performance-log.md": "measured before the change",
    "docs/decisions/0058-one-vocabulary.md": "says what was renamed",
}
"""Pages in which retired words may stand → why."""

ORDINARY = {
    *("admit", "allowed", "alone", "bases", "following", "garbage", "hidden", "marks", "meaning"),
    *("nodes", "pace", "support", "supported", "turns", "words"),
}
"""Also ordinary words: a variable may be called so, but no module, class or function."""

EXEMPT = {
    ("words", "operators/core/clusters/words.py"): "the words of a text",
    ("allowed", "schemas/trust.py"): "the trust levels that a source may set",
    ("refusal", "infra/chdb_http/*"): "a request that the server refuses; a message is rejected",
    ("refusals", "schemas/clickhouse/views/marts/refusals.sql"): "a view that campaigns know by it",
    ("exposition", "infra/*"): "Prometheus's own word for a page of metrics",
    ("held", "infra/chdb_http/*"): "held in memory",
    ("admit", "infra/chdb_http/policy/policy.py"): "what a policy does with a statement",
    ("admit", "tests/infra/chdb_http/test_execution.py"): "the same, of a stand-in",
}
"""Retired word, files → which other idea it stands for there."""


def table() -> Iterator[tuple[str, str]]:
    """Retired words, each with where it is looked for."""
    retired = GLOSSARY.read_text().partition("## Retired words")[2]
    for cells in re.findall(r"^\| (.+?) \| .+? \| (word|part|name) \|$", retired, re.MULTILINE):
        for word in re.findall(r"`([^`]+)`", cells[0]):
            yield word, cells[1]


@cache
def retired(where: str) -> tuple[str, ...]:
    return tuple(word for word, looked_for in table() if looked_for == where)


def parts(identifier: str) -> list[str]:
    """Split at ``_``, ``-``, ``.`` and capitals.

    Constants are told from others: they keep their capitals.
    """
    found = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", identifier)
    return found if identifier.isupper() else [part.lower() for part in found]


def holds(identifier: str, word: str) -> bool:
    """Whether a word is one of the parts of an identifier, or some that follow one another."""
    sought, there = parts(word), parts(identifier)
    if not word.isupper():
        there = [part.lower() for part in there]
    return any(
        there[start : start + len(sought)] == sought
        for start in range(len(there) - len(sought) + 1)
    )


@cache
def retired_parts(identifier: str) -> frozenset[str]:
    """The retired words that are parts of an identifier."""
    return frozenset(word for word in retired("part") if holds(identifier, word))


def excused(word: str, file: str) -> bool:
    return any(word == known and fnmatch(file, pattern) for known, pattern in EXEMPT)


def files(*patterns: str) -> Iterator[Path]:
    for package in PACKAGES:
        for pattern in patterns:
            for file in sorted((CHECKOUT / package).rglob(pattern)):
                if "__pycache__" not in file.parts:
                    yield file


def name_of(file: Path) -> str:
    return str(file.relative_to(CHECKOUT))


@cache
def python_identifiers(file: Path) -> frozenset[str]:
    tokens = tokenize.generate_tokens(io.StringIO(file.read_text()).readline)
    found = {
        token.string
        for token in tokens
        if token.type == tokenize.NAME and not keyword.iskeyword(token.string)
    }
    return frozenset(name for name in found if not name.startswith("test_"))


def python_definitions(file: Path) -> set[str]:
    """Names of the module, of its classes and functions."""
    kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    defined = {
        node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, kinds)
    }
    return {file.stem, *defined}


def sql_identifiers(file: Path) -> set[str]:
    code = re.sub(r"--.*|'(?:[^'\\]|\\.)*'", " ", file.read_text())
    return {*re.findall(r"[A-Za-z_]\w*", code), file.stem}


def published_names() -> Iterator[tuple[str, str]]:
    """Names that others meet: of topics, fields and metrics, each with where it stands."""
    for topic in tomllib.loads((CHECKOUT / "schemas" / "topics.toml").read_text()):
        yield topic, "schemas/topics.toml"
    for schema in sorted((CHECKOUT / "schemas" / "json").glob("*.json")):
        for field in json.loads(schema.read_text()).get("properties", {}):
            yield field, name_of(schema)
    for metric in METRICS.values():
        for name in (metric.name, *metric.labels):
            yield name, "infra/service/metrics.py"


@cache
def found_in_identifiers() -> set[tuple[str, str, str]]:
    """Retired word, file, identifier."""
    found = set()
    in_names = retired("name")
    for file in files("*.py"):
        identifiers = python_identifiers(file) | {*file.relative_to(CHECKOUT).with_suffix("").parts}
        for name in identifiers:
            found |= {(word, name_of(file), name) for word in retired_parts(name)}
            if name in in_names and name not in ORDINARY:
                found.add((name, name_of(file), name))
        for name in python_definitions(file) & ORDINARY & set(in_names):
            found.add((name, name_of(file), name))
    for file in files("*.sql"):
        for name in sql_identifiers(file):
            found |= {(word, name_of(file), name) for word in retired_parts(name)}
    for name, file in published_names():
        found |= {(word, file, name) for word in retired_parts(name)}
    return found


def documents() -> list[Path]:
    pages = [*CHECKOUT.glob("*.md"), *sorted((CHECKOUT / "docs").rglob("*.md"))]
    return [page for page in pages if name_of(page) not in UNCHECKED_DOCUMENTS]


def test_the_table_is_read():
    assert {"minutely", "TUTTI_PART", "tutti topics"} <= set(retired("word"))
    assert {"generation", "LEAST"} <= set(retired("part"))
    assert set(retired("name")) >= ORDINARY


@pytest.mark.parametrize(
    ("identifier", "word", "there"),
    [
        ("cluster_generation", "generation", True),
        ("ClusterGeneration", "generation", True),
        ("CLUSTER_GENERATION", "generation", True),
        ("generations", "generation", False),
        ("MIN_LEAST", "LEAST", True),
        ("at_least", "LEAST", False),
        ("KafkaAwayError", "AwayError", True),
        ("FarAway", "AwayError", False),
    ],
)
def test_a_word_is_found_as_a_part_and_a_constant_by_its_capitals(identifier, word, there):
    assert holds(identifier, word) is there


def test_no_identifier_uses_a_retired_word():
    found = found_in_identifiers()
    wrong = sorted(f"{file}: {name}" for word, file, name in found if not excused(word, file))
    assert wrong == []


def test_no_exemption_is_unused():
    found = {(word, file) for word, file, _ in found_in_identifiers()}
    for known, pattern in EXEMPT:
        assert any(word == known and fnmatch(file, pattern) for word, file in found), known


def test_no_text_uses_a_retired_word():
    words = "|".join(re.escape(word) for word in retired("word"))
    sought = re.compile(rf"(?<![\w.-])(?:{words})(?![\w-])", re.IGNORECASE)
    own = {CHECKOUT / "tests" / "test_vocabulary.py"}
    texts = {*files("*.py", "*.sql", "*.toml", "*.json"), *documents(), CHECKOUT / "Makefile"} - own
    wrong = {
        f"{name_of(file)}: {found}"
        for file in texts
        for found in sought.findall(file.read_bytes().decode(errors="replace"))
    }
    assert sorted(wrong) == []
