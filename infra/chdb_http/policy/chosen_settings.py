"""Settings that analysts choose: in the URL, or behind `SETTINGS` at the end of a statement.

The engine lets nobody choose a setting under `readonly=1`, and chdb reads no profile in which the
harmless ones could be named. So the clause is taken out of the statement, which is checked without
it, and its settings are set before `readonly`, each within its bounds.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from infra.chdb_http.engine import Engine
from infra.chdb_http.errors import unpublished
from infra.chdb_http.policy import allowlist
from infra.chdb_http.policy.named_tokens import unquoted
from infra.chdb_http.statement import tokens

_VALUE = r"'(?:[^'\\]|\\[\\'nt]|'')*'|-?[0-9][0-9.eE+-]*|true|false"
_PAIR = rf"(?:\w+|`\w+`) = (?:{_VALUE})"
_CLAUSE = re.compile(rf"SETTINGS ({_PAIR}(?:, {_PAIR})*)(?= FORMAT \w+$|$)")
_PAIRS = re.compile(rf"`?(\w+)`? = ({_VALUE})")
_SWITCH = frozenset({"0", "1", "true", "false"})


def take_clause(sql: str) -> tuple[str, dict[str, str]]:
    r"""Divide a statement into what it says and the settings that it ends with.

    Args:
        sql: the statement as the engine writes it.

    >>> take_clause("SELECT 1 SETTINGS max_threads = 1, format_csv_delimiter = '\\t' FORMAT CSV")
    ('SELECT 1 FORMAT CSV', {'max_threads': '1', 'format_csv_delimiter': '\t'})
    >>> take_clause("SELECT (SELECT 1 SETTINGS max_threads = 1)")
    ('SELECT (SELECT 1 SETTINGS max_threads = 1)', {})
    """
    raw = sql.encode()
    for token in tokens(raw):
        if token.depth == 0 and raw[token.start : token.end] == b"SETTINGS":
            before = raw[: token.start].decode()
            found = _CLAUSE.match(sql, len(before))
            if found:
                pairs = _PAIRS.findall(found[1])
                rest = before.rstrip() + sql[found.end() :]
                return rest, {
                    name: unquoted(value) if value.startswith("'") else value
                    for name, value in pairs
                }
    return sql, {}


@dataclass(frozen=True, slots=True)
class ChosenSettings:
    """Which settings analysts may choose, and within which bounds.

    Attributes:
        shaping: those that only shape the answer, with any value that the engine takes.
        switches: those of them that are 0 or 1.
        limits: the analysts' own limits, which may be chosen lower.
    """

    shaping: frozenset[str]
    switches: frozenset[str]
    limits: Mapping[str, float]

    def from_url(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Those of a URL that are applied.

        Drivers send some by themselves; of these, what would loosen a limit changes nothing.

        Raises:
            QueryError: one cannot be chosen.
        """
        applied = {}
        for name, value in settings.items():
            ignored = name in allowlist.IGNORED_SETTINGS
            if ignored and (name not in self.limits or self._loosens(name, value)):
                continue
            applied[name] = self._checked(name, value)
        return applied

    def from_clause(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Those of a statement, all of which are applied.

        Raises:
            QueryError: one cannot be chosen, or not so.
        """
        return {name: self._checked(name, value) for name, value in settings.items()}

    def _checked(self, name: str, value: str) -> str:
        if name in self.limits:
            if self._loosens(name, value):
                raise unpublished(f"{name} can be chosen from 1 to {self.limits[name]:.0f} here")
        elif name in self.switches:
            if value not in _SWITCH:
                raise unpublished(f"{name} is 0 or 1")
        elif name in allowlist.NUMBER_SETTINGS:
            least, greatest = allowlist.NUMBER_SETTINGS[name]
            if not least <= _number(value) <= greatest:
                raise unpublished(f"{name} can be chosen from {least} to {greatest} here")
        elif name in allowlist.TEXT_SETTINGS:
            if len(value) > allowlist.MAX_TEXT_SETTING:
                raise unpublished(f"{name} has at most {allowlist.MAX_TEXT_SETTING} characters")
        elif name not in self.shaping:
            reason = allowlist.REFUSED_SETTINGS.get(name, "")
            raise unpublished(f"the setting {name} cannot be chosen here{reason}")
        return value

    def _loosens(self, name: str, value: str) -> bool:
        """Whether a value is no limit, or above ours."""
        return not 1 <= _number(value) <= self.limits[name]


def _number(value: str) -> float:
    """A number as it is written, -1 for everything else."""
    return float(value) if re.fullmatch(r"[0-9]{1,18}(\.[0-9]{0,9})?", value) else -1


def read_chosen_settings(engine: Engine, limits: Mapping[str, str]) -> ChosenSettings:
    """Read the engine's own list of settings.

    Args:
        engine: knows them.
        limits: settings of the analysts' connections.
    """
    rows = engine.rows(
        "SELECT name FROM system.settings WHERE type = 'Bool'"
        " AND startsWith(name, 'output_format_')"
    )
    ours = {name: float(limits[name]) for name in allowlist.LOWERED_SETTINGS if name in limits}
    return ChosenSettings(
        shaping=allowlist.SHAPING_SETTINGS,
        switches=frozenset(name for (name,) in rows) | allowlist.SWITCH_SETTINGS,
        limits=ours | allowlist.UNLIMITED_SETTINGS,
    )
