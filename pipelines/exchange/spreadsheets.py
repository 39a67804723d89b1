"""Cells of CSV files that a spreadsheet would run instead of showing.

A spreadsheet takes a cell that begins with one of `ACTIVE` for a formula, whoever wrote it, and a
formula may read other cells and send them away. Some look for it behind what shows nothing
(`SKIPPED`), too. An apostrophe before the cell makes it text: spreadsheets do not show it, other
programs do. Only columns of text are treated, so that numbers stay numbers.

Source of the list: OWASP, "CSV Injection"; the full-width signs are what input methods for Chinese
and Japanese write, and spreadsheets read them as the ASCII ones.
"""

import re
from dataclasses import dataclass
from typing import Final, Self

ACTIVE: Final = "=+-@\uff1d\uff0b\uff0d\uff20\t\r\n"
"""What a formula begins with, and what is skipped before one as if the cell began behind it."""
SKIPPED: Final = r"[\p{Z}\p{Cf}]*"
"""Spaces of every width and what shows nothing: byte order mark, zero width, direction."""

_BEGINS: Final = (
    "begin with = + - @, ASCII or full-width, tab or a line break, also behind spaces and invisible"
    " characters"
)
ABOUT: Final = (
    f"an apostrophe stands before texts that {_BEGINS}, because spreadsheets would run them"
)
RAW: Final = f"texts are as they are: spreadsheets run those that {_BEGINS}"

_RUN: Final = "^" + SKIPPED + "[" + ACTIVE.replace("-", r"\-") + "]"
"""As ClickHouse's `match` reads it (RE2)."""

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

    >>> print(defused("title").replace(chr(92), "/").partition(", concat")[2])
    ('/'', title), title)
    """
    pattern = _RUN.replace("\\", "\\\\")  # within a literal of SQL
    return rf"if(match({expression}, '{pattern}'), concat('\'', {expression}), {expression})"
