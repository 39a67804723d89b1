"""Which format a statement names at its end, by the engine's own parse."""

from typing import Final

from infra.chdb_http.statement import last_format

_DEEPEST: Final = {"Explain": 2}
"""Kind of a statement → how deep the format stands in its parse: an explained query may name it."""


def format_clause(sql: str, tree: str) -> str:
    r"""The format, or nothing.

    Args:
        sql: the statement as the engine writes it.
        tree: what `EXPLAIN AST` printed of it.

    >>> format_clause("SELECT 1 FORMAT CSV", "SelectWithUnionQuery (children 2)\n Identifier CSV")
    'CSV'
    >>> format_clause("SELECT 1 ORDER BY FORMAT ASC", "SelectWithUnionQuery (children 1)")
    ''
    """
    name = last_format(sql.encode())
    first, *lines = tree.split("\n")
    deepest = _DEEPEST.get(first.partition(" ")[0], 1)
    shown = {f"{' ' * depth}Identifier {name}" for depth in range(1, deepest + 1)}
    return name if not shown.isdisjoint(lines) else ""
