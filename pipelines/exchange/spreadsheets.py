"""Cells of CSV files that a spreadsheet would run instead of showing.

A spreadsheet takes a cell that begins with one of `ACTIVE` for a formula, whoever wrote it, and a
formula may read other cells and send them away. An apostrophe before it makes it text: spreadsheets
do not show it, other programs do. Only columns of text are treated, so that numbers stay numbers.

Source of the list: OWASP, "CSV Injection".
"""

import re
from dataclasses import dataclass
from typing import Final, Self

ACTIVE: Final = "=+-@\t\r"
"""What a formula begins with; tab and carriage return are skipped before one."""

ABOUT: Final = (
    "an apostrophe stands before texts that begin with = + - @, tab or carriage return, because"
    " spreadsheets would run them"
)
RAW: Final = "texts are as they are: spreadsheets run those that begin with = + - @"

_TEXT: Final = re.compile(
    r"(?:LowCardinality\()?(?:Nullable\()?(?:String|FixedString\(\d+\))\)*"
).fullmatch


@dataclass(frozen=True, slots=True)
class Csv:
    """How the CSV files are written.

    Attributes:
        null: What stands for NULL.
        defused: Whether texts that a spreadsheet would run have an apostrophe before them.
        about: The same in words.
    """

    null: str
    defused: bool
    about: str

    @classmethod
    def of(cls, *, raw: bool) -> Self:
        """As asked for."""
        return cls("", not raw, RAW if raw else ABOUT)


def is_text(kind: str) -> bool:
    """Whether a type of ClickHouse's is written as a text of its own.

    >>> is_text("LowCardinality(Nullable(String))"), is_text("Float64"), is_text("Array(String)")
    (True, False, False)
    """
    return _TEXT(kind) is not None


def defused(expression: str) -> str:
    """The SQL of a text that no spreadsheet runs.

    >>> defused("title").replace(chr(92), "/")
    "if(match(title, '^[=+@/t/r-]'), concat('/'', title), title)"
    """
    return rf"if(match({expression}, '^[=+@\t\r-]'), concat('\'', {expression}), {expression})"
