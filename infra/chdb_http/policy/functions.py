"""The engine's functions: which of them a statement may call."""

from collections.abc import Iterable
from dataclasses import dataclass

from infra.chdb_http.engine import Engine


@dataclass(frozen=True, slots=True)
class AllowedFunctions:
    """The engine's functions: which are allowed, which exist at all."""

    allowed: frozenset[str]
    allowed_lower: frozenset[str]
    suffixes: tuple[str, ...]
    aggregates: frozenset[str]
    known: frozenset[str]
    exact: frozenset[str]
    loose: frozenset[str]
    types: frozenset[str]

    def admits(self, name: str) -> bool:
        """Whether a query may call it, aggregate combinators (`sumIf`) included."""
        if name in self.allowed or name.lower() in self.allowed_lower:
            return True
        for suffix in self.suffixes:
            stem = name.removesuffix(suffix)
            if stem != name and (stem in self.aggregates or self._combined(stem)):
                return True
        return False

    def _combined(self, stem: str) -> bool:
        return any(stem.endswith(suffix) for suffix in self.suffixes) and self.admits(stem)

    def forbids(self, name: str) -> bool:
        """Whether it is a function of the engine that a query may not call."""
        if name in self.types:
            return False
        return name.lower() in self.known and not self.admits(name)

    def forbids_by_name(self, name: str) -> bool:
        """Whether an identifier would be taken for such a function: here the case counts."""
        known = name in self.exact or name.lower() in self.loose
        return known and not self.admits(name)


def read_functions(
    engine: Engine,
    categories: frozenset[str],
    single: frozenset[str],
    closed: frozenset[str] = frozenset(),
) -> AllowedFunctions:
    """Read the engine's own list of functions and sort it.

    Args:
        engine: knows its functions.
        categories: categories of `system.functions` whose members are allowed.
        single: further functions that are allowed.
        closed: functions that are not, whatever their category, nor by another name of theirs.
    """
    rows = engine.rows(
        "SELECT name, alias_to, categories, toString(is_aggregate), toString(case_insensitive)"
        " FROM system.functions WHERE origin = 'System'"
    )
    by_name = {row[0]: row for row in rows}
    loose_names = {row[0].lower() for row in rows if row[4] == "1"}
    tables = (row[0] for row in engine.rows("SELECT name FROM system.table_functions"))
    allowed = set(single)
    loose = set[str]()
    for name, alias_to, category, aggregate, insensitive in rows:
        origin = alias_to if alias_to in by_name else name
        found = {category, by_name[origin][2]}
        if name in closed or origin in closed:
            continue
        if origin in single or aggregate == "1" or found & categories:
            allowed.add(name)
            if insensitive == "1":
                loose.add(name.lower())
    return AllowedFunctions(
        allowed=frozenset(allowed),
        allowed_lower=frozenset(loose),
        suffixes=_column(engine.rows("SELECT name FROM system.aggregate_function_combinators")),
        aggregates=frozenset(row[0] for row in rows if row[3] == "1" and row[0] in allowed),
        known=frozenset(name.lower() for name in (*by_name, *tables)),
        exact=frozenset(by_name),
        loose=frozenset(loose_names),
        # `{p:Array(String)}`: no function has this very name
        types=frozenset(
            name
            for (name,) in engine.rows("SELECT name FROM system.data_type_families")
            if name not in by_name and name.lower() not in loose_names
        ),
    )


def _column(rows: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(row[0] for row in rows)
