"""Look at the data of an `INSERT … VALUES`: they may hold expressions, which the engine evaluates.

Three kinds of data, because drivers send many rows at a time:

1. literals: the engine is told to evaluate nothing;
2. expressions of bare words, as drivers write them (`fromUnixTimestamp64Milli(1)`): without quoted
   names and subqueries they can call what their words name, and nothing else;
3. anything else is parsed by the engine as the list of a `SELECT`, and checked as such.
"""

import re
from typing import Final

LITERALS_ONLY: Final = {
    "input_format_values_interpret_expressions": "0",
    "input_format_values_deduce_templates_of_expressions": "0",
}
"""Settings of an insert whose data are literals."""

MAX_EXPRESSION_BYTES: Final = 256 * 1024
"""Data of the third kind are parsed as a statement, whose length is bounded."""

_STRING = rb"'(?: [^'\\]++ | \\. | '' )*+'"
_LITERALS = re.compile(
    rb"""
    (?: [\s()\[\]{},:;]++
      | %b
      | [-+]? (?: \d++(?:\.\d*+)? | \.\d++ ) (?: [eE][-+]?\d++ )?+ (?![\w.])
      | (?i: NULL | true | false | [-+]?nan | [-+]?inf ) (?!\w)
    )*+
    """
    % _STRING,
    re.VERBOSE | re.DOTALL,
)
_BARE = re.compile(
    rb"""
    (?: [\s\w()\[\]{},:;.+*%%<>=!?|]++
      | %b
      | -(?!-)
      | /(?![*/])
    )*+
    """
    % _STRING,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_WORDS = re.compile(rb"%b | \d\w*+ | (\w++)" % _STRING, re.VERBOSE | re.DOTALL | re.ASCII)
# They begin something that is more than an expression, or can name the database of files.
_MORE = frozenset({"SELECT", "FROM", "WITH", "DEFAULT", "IDENTIFIER"})


def literals_only(data: bytes) -> bool:
    """Whether the rows consist of literals.

    >>> literals_only(b"(1, 'it''s'), (-2.5e3, NULL)")
    True
    >>> literals_only(b"(1, file('/etc/passwd'))")
    False
    """
    return _LITERALS.fullmatch(data) is not None


def bare_words(data: bytes) -> set[str] | None:
    """The words of rows of which everything can be told by their words; None if it cannot.

    >>> sorted(bare_words(b"(now(), 'file(1)'), (1::Date + INTERVAL 1 DAY, NULL)"))
    ['DAY', 'Date', 'INTERVAL', 'NULL', 'now']
    >>> bare_words(b"(`file`('x'))"), bare_words(b"((SELECT 1))"), bare_words(b"(1 /* */)")
    (None, None, None)
    """
    if _BARE.fullmatch(data) is None:
        return None
    words = {word.decode() for word in set(_WORDS.findall(data)) if word}
    return None if any(word.upper() in _MORE for word in words) else words


def as_statement(data: bytes) -> bytes:
    """The rows as a statement that the engine can parse."""
    return b"SELECT " + data.strip().removesuffix(b";")
