"""Time zones that a statement names.

The engine loads a zone by its name, keeps it for as long as it runs (4.5 MB that no limit of memory
counts), and takes `file:/…` for a file to read. So wherever it takes a zone there must stand one
that it knows, as a plain literal: nothing that is computed can be looked at beforehand. A zone
stands in three kinds of places: an argument of a function, a type (`DateTime('UTC')`), and the name
of a type, which some functions take as a text.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from threading import Lock
from typing import Final

from infra.chdb_http.errors import QueryError
from infra.chdb_http.policy.named_tokens import Word, tokenized, unquoted
from infra.chdb_http.policy.zone_arguments import (
    BY_NAME,
    TYPE_ARGUMENTS,
    TYPES,
    ZONE_ARGUMENTS,
)

MAX_USED: Final = 40
"""Zones besides UTC that all analysts together may use: 180 MB."""
SETTINGS: Final = frozenset({
    "session_timezone", "input_format_orc_reader_time_zone_name",
    "output_format_orc_writer_time_zone_name",
})  # fmt: skip
"""Settings whose value is a zone."""

_TYPE = re.compile(r"date_?time|timestamp", re.IGNORECASE)
# A number of digits, or a moment: neither is a name of a zone.
_NUMBER = re.compile(r"'?[0-9][0-9 T:.+-]*'?")
_EXAMPLES: Final = {"a time zone": "'Europe/Paris'", "the name of a type": "'DateTime'"}
# A quoted name with an escape, which may hide the name of a type; and what a plain one has not.
_HIDING = re.compile(r"[`\"][^`\"]*\\")
_ODD = re.compile(r"//|--|/\*|[#$`\"\\]")
# What is applied has one argument.
_TAKING: Final = frozenset(
    name
    for name, places in (*ZONE_ARGUMENTS.items(), *TYPE_ARGUMENTS.items())
    if places[0] in {0, -1}
)
# A value of such a type names its own types and zones, in bytes.
_ANY_TYPE = re.compile(r"dynamic|json|object|variant", re.IGNORECASE)
# The name alone, as in `name = 'AggregateFunction'`, has no value.
_STATE = re.compile(r"AggregateFunction(?!')", re.IGNORECASE)


class TimeZones:
    """The zones that statements may name.

    Args:
        known: those of the engine.
        most: how many of them may be used besides UTC; None: all.
        refused: makes the refusal of a reason.
    """

    def __init__(
        self, known: Iterable[str], most: int | None, refused: Callable[[str], QueryError]
    ) -> None:
        self._known = frozenset(known)
        self._most, self._refused = most, refused
        self._used = {"UTC"}
        self._lock = Lock()

    def check(self, sql: str, params: Mapping[str, str]) -> None:
        """Refuse a statement in which a zone stands that is computed, unknown or one too many.

        Args:
            sql: the statement as the engine writes it.
            params: values of its `{name:Type}`.

        Raises:
            QueryError: the refusal, with its reason.
        """
        if self._most is not None and _STATE.search(sql) and _ANY_TYPE.search(sql):
            raise self._refused("states of aggregate functions hold no dynamic types here")
        self._check(sql)
        for value in params.values():
            self._check_text(value)

    def check_setting(self, name: str, value: str) -> None:
        """Refuse a setting whose value is no zone, but should be one.

        Raises:
            QueryError: the refusal, with its reason.
        """
        if name in SETTINGS:
            self._use(value)
        else:
            self._check_text(value)

    def _check(self, sql: str) -> None:
        found = tokenized(sql)
        called = [at for at in range(len(found) - 1) if found[at + 1].text == "("]
        by_array = any(found[at].name.lower().startswith(("array", "map")) for at in called)
        for at in called:
            self._check_call(found, at)
        for at, word in enumerate(found):
            if word.text[0] in "'`\"$":
                self._check_text(unquoted(word.text))
            if word.name in SETTINGS and [after.text for after in found[at + 1 : at + 2]] == ["="]:
                self._use(self._literal(found[at + 2 : at + 3], "a time zone"))
            if word.name.lower() in _TAKING and _is_applied(found, at):
                raise self._refused(f"{word.name} cannot be applied: it may take a time zone")
            if by_array and word.name.lower() in BY_NAME and not _is_called(found, at):
                raise self._refused(
                    f"{word.name} cannot be called by its name: for a column beside functions of"
                    f" arrays, write t.{word.name}"
                )

    def _check_call(self, found: Sequence[Word], at: int) -> None:
        name = found[at].name.lower()
        of_zones, of_types = ZONE_ARGUMENTS.get(name, ()), TYPE_ARGUMENTS.get(name, ())
        if not of_zones and not of_types:
            return
        given = _arguments(found, at + 1)
        for place in of_zones:
            if place < len(given) and not _is_number(given[place]):
                self._use(self._literal(given[place], "a time zone"))
        for place in of_types:
            if -len(given) <= place < len(given) and not _is_tuple(given[place]):
                self._literal(given[place], "the name of a type")

    def _literal(self, argument: Sequence[Word], what: str) -> str:
        if len(argument) != 1 or argument[0].text[0] != "'":
            raise self._refused(f"{what} must be written out, as in {_EXAMPLES[what]}")
        return unquoted(argument[0].text)

    def _check_text(self, text: str) -> None:
        """Look into a text that may be the name of a type."""
        if "(" not in text or not (_TYPE.search(text) or _HIDING.search(text)):
            return
        if _ODD.search(text):
            raise self._refused("names of types are written without comments and quoted names")
        found = tokenized(text)
        for at, word in enumerate(found[:-1]):
            if word.name.lower() in TYPES and found[at + 1].text == "(":
                self._check_call(found, at)

    def _use(self, zone: str) -> None:
        if zone not in self._known:
            raise self._refused("a time zone must be one of system.time_zones")
        with self._lock:
            if zone not in self._used and self._most is not None:
                if len(self._used) > self._most:
                    raise self._refused(
                        f"{self._most} time zones have been used since this server began, and each"
                        " takes memory: use UTC, or one of these:"
                        f" {', '.join(sorted(self._used))}"
                    )
                self._used.add(zone)


def _arguments(found: Sequence[Word], opened: int) -> list[list[Word]]:
    """The arguments within the parentheses that open at this token, each as its words.

    >>> [[word.text for word in part] for part in _arguments(tokenized("f(a, g(b, c)) + 1"), 1)]
    [['a'], ['g', '(', 'b', ',', 'c', ')']]
    """
    depth = found[opened].depth + 1
    arguments: list[list[Word]] = [[]]
    for word in islice(found, opened + 1, None):
        if word.depth < depth:
            break
        if word.text == "," and word.depth == depth:
            arguments.append([])
        else:
            arguments[-1].append(word)
    return arguments if arguments != [[]] else []


def _is_applied(found: Sequence[Word], at: int) -> bool:
    """Whether it is the function of `APPLY f` or `APPLY(f)`."""
    before = [word.text.upper() for word in found[max(0, at - 2) : at]]
    return before[-1:] == ["APPLY"] or before == ["APPLY", "("]


def _is_called(found: Sequence[Word], at: int) -> bool:
    """Whether a parenthesis follows, or the name of a table and a point stand before."""
    after = found[at + 1].text if at + 1 < len(found) else ""
    return after == "(" or (at > 0 and found[at - 1].text == ".")


def _is_number(argument: Sequence[Word]) -> bool:
    return len(argument) == 1 and _NUMBER.fullmatch(argument[0].text) is not None


def _is_tuple(argument: Sequence[Word]) -> bool:
    """Whether it is a number, or several values in parentheses: the rows of `values(…)`."""
    texts = [word.text for word in argument]
    return _is_number(argument) or (texts[:1] == ["("] and "," in texts)
