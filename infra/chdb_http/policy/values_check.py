"""Check the data of an `INSERT … VALUES`: they may hold expressions, which the engine evaluates.

Literals alone need no parse; then the engine is told to evaluate nothing. Anything else is parsed
by the engine as the list of a `SELECT`, and checked as such.
"""

import re
from typing import Final

LITERALS_ONLY: Final = {
    "input_format_values_interpret_expressions": "0",
    "input_format_values_deduce_templates_of_expressions": "0",
}
"""Settings of an insert whose data are literals."""

MAX_EXPRESSION_BYTES: Final = 256 * 1024
"""Data with expressions are parsed as a statement, whose length is bounded."""

_LITERALS = re.compile(
    rb"""
    (?: \s++
      | '(?: [^'\\]++ | \\. | '' )*+'
      | [-+]? (?: \d++(?:\.\d*+)? | \.\d++ ) (?: [eE][-+]?\d++ )?+ (?![\w.])
      | (?: NULL | true | false | [-+]?nan | [-+]?inf ) (?!\w)
      | [()\[\]{},:;]
    )*+
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)


def literals_only(data: bytes) -> bool:
    """Whether the rows consist of literals.

    >>> literals_only(b"(1, 'it''s'), (-2.5e3, NULL)")
    True
    >>> literals_only(b"(1, file('/etc/passwd'))")
    False
    """
    return _LITERALS.fullmatch(data) is not None


def as_statement(data: bytes) -> bytes:
    """The rows as a statement that the engine can parse."""
    return b"SELECT " + data.strip().removesuffix(b";")
