"""Numbers agree with their nouns, wherever a sentence has both."""

import ast
import re

import pytest
from places import CHECKOUT

from operators.core.wording import number_of

NOUNS = re.compile(
    r" (?:more |other )?(archive|ballot|cell|cluster|consultation|day|file|group|line|message"
    r"|package|partition|participant|place|proposal|row|topic|vote|warning)s\b"
)
"""What this program counts."""
ALWAYS_MANY = {"self.per_second votes", "figures.per_second votes"}
"""Rates: 1.0 votes a second."""


def counted_by_hand() -> list[str]:
    """F-strings in which a number stands before a noun that is always in the plural.

    Set-up (`infra.local.provision`) imports nothing of the other packages.
    """
    found = []
    for package in ("infra/local", "pipelines"):
        for file in sorted((CHECKOUT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if "provision" in file.parts or not isinstance(node, ast.JoinedStr):
                    continue
                for value, text in zip(node.values, node.values[1:], strict=False):
                    if isinstance(value, ast.FormattedValue) and isinstance(text, ast.Constant):
                        noun = NOUNS.match(text.value)
                        shown = f"{ast.unparse(value.value)}{noun[0]}" if noun else ""
                        if noun and "number_of" not in shown and shown not in ALWAYS_MANY:
                            found.append(f"{file.relative_to(CHECKOUT)}:{node.lineno}: {shown}")
    return found


def test_a_sentence_lets_number_of_count():
    assert counted_by_hand() == []


@pytest.mark.parametrize(
    ("count", "worded"), [(0, "0 votes"), (1, "1 vote"), (2, "2 votes"), (1_200, "1,200 votes")]
)
def test_a_number_agrees_with_its_noun(count, worded):
    assert number_of(count, "vote") == worded


def test_a_noun_may_have_a_plural_of_its_own():
    assert [number_of(n, "person", "people") for n in (1, 2)] == ["1 person", "2 people"]
