"""Trust rules: from an instant on, which source may set which trust level.

A rule is in force from an instant of the broker's clock, and an earlier one is never edited or
removed: so the verdict on a message stays a function of its payload, its broker's time and these
rules, and a recount next year gives the answer of today.

    [[rule]]
    from = 2026-05-01T00:00:00Z
    trust = ["trusted", "troll"]               # every source without a rule of its own

    [[rule]]
    source = "tv-app"
    from = 2026-06-01T00:00:00Z
    trust = ["trusted", "troll", "sequence"]
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from schemas.events import TRUSTS

_source = re.compile(r"[A-Za-z0-9._-]{1,64}").fullmatch
_FIELDS: Final = frozenset({"source", "from", "trust"})
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


class BadTrustRulesError(ValueError):
    """The text holds no rules; the message says where and why."""


@dataclass(frozen=True, slots=True)
class TrustRule:
    """What one source may set, from an instant on.

    Attributes:
        source: The source; None: every source without a rule of its own, and votes that name no
            source.
        from_ms: Start by the broker's clock, milliseconds since 1970.
        trust: The levels it may set.
    """

    source: str | None
    from_ms: int
    trust: frozenset[str]


class TrustRules:
    """All rules, in the order in which they come into force.

    >>> rules = TrustRules([TrustRule(None, 100, frozenset({"trusted"}))])
    >>> rules.allowed("web", 99) is None, rules.allowed("web", 100)
    (True, frozenset({'trusted'}))
    """

    def __init__(self, rules: Iterable[TrustRule]) -> None:
        self.rules = tuple(rules)
        self._starts: dict[str | None, list[int]] = {}
        self._levels: dict[str | None, list[frozenset[str]]] = {}
        for rule in self.rules:
            self._starts.setdefault(rule.source, []).append(rule.from_ms)
            self._levels.setdefault(rule.source, []).append(rule.trust)

    def allowed(self, source: str, broker_ms: int) -> frozenset[str] | None:
        """The levels that a source may set; None: any.

        Args:
            source: The vote's source; empty if it names none.
            broker_ms: The broker's time of the message, milliseconds since 1970.
        """
        for whose in (source, None) if source else (None,):
            starts = self._starts.get(whose)
            if starts:
                found = bisect_right(starts, broker_ms)
                if found:
                    return self._levels[whose][found - 1]
        return None


def parse_trust_rules(text: str) -> TrustRules:
    """The rules of a TOML text.

    Raises:
        BadTrustRulesError: It is no TOML, a rule is not valid, or rules are not in order of time.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadTrustRulesError(f"no TOML: {error}") from None
    entries = document.pop("rule", [])
    if document:
        raise BadTrustRulesError(f"{next(iter(document))}: only [[rule]] may stand here")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise BadTrustRulesError("a rule begins with [[rule]]")
    return TrustRules(_rules(entries, _lines(text)))


def _lines(text: str) -> list[int]:
    """The line of each ``[[rule]]``."""
    return [
        number
        for number, line in enumerate(text.splitlines(), start=1)
        if re.match(r"\s*\[\[\s*rule\s*\]\]", line)
    ]


def _rules(entries: list[Mapping[str, Any]], lines: list[int]) -> Iterator[TrustRule]:
    newest_ms = -1
    seen: set[tuple[str | None, int]] = set()
    for position, entry in enumerate(entries):
        where = f"line {lines[position]}" if len(lines) == len(entries) else f"rule {position + 1}"
        fault = next(_faults(entry), "")
        if fault:
            raise BadTrustRulesError(f"{where}: {fault}")
        rule = TrustRule(
            entry.get("source"),
            (entry["from"] - _EPOCH) // _MILLISECOND,
            frozenset(entry["trust"]),
        )
        if rule.from_ms < newest_ms:
            raise BadTrustRulesError(
                f"{where}: from is earlier than that of the rule before: add rules at the end"
            )
        if (rule.source, rule.from_ms) in seen:
            raise BadTrustRulesError(f"{where}: another rule for this source has the same from")
        newest_ms = rule.from_ms
        seen.add((rule.source, rule.from_ms))
        yield rule


def _faults(entry: Mapping[str, Any]) -> Iterator[str]:
    unknown = entry.keys() - _FIELDS
    if unknown:
        yield f"{min(unknown)} is unknown: a rule has from, trust and perhaps source"
    source = entry.get("source", "any")
    if not (isinstance(source, str) and _source(source)):
        yield "source must be 1 to 64 of A-Z a-z 0-9 . _ -"
    since = entry.get("from")
    if not isinstance(since, datetime) or since.tzinfo is None:
        yield "from must be an instant such as 2026-05-01T00:00:00Z"
    elif since.microsecond % 1000:
        yield "from must be in whole milliseconds"
    levels = entry.get("trust")
    if not isinstance(levels, list) or not levels:
        yield f"trust must list at least one of {', '.join(TRUSTS)}"
    elif any(level not in TRUSTS for level in levels):
        yield f"trust may list {', '.join(TRUSTS)} only"
    elif len(set(levels)) < len(levels):
        yield "trust lists a level twice"
