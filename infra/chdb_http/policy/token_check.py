"""Check the words of an analyst's statement, for the parts that the engine's parse does not show.

The text is the engine's own (`formatQuerySingleLine`): one line, no comments, quoted where needed.
`APPLY(x -> …)`, `SHOW … WHERE …` and `INTO OUTFILE` have such parts.
"""

import re
from itertools import pairwise

from infra.chdb_http.errors import unpublished
from infra.chdb_http.policy.allowlist import (
    SYSTEM_TABLES,
    TABLE_FUNCTIONS,
    AllowedFunctions,
    AllowedNames,
)
from infra.chdb_http.statement import tokens

_SHOWS = re.compile(
    r"SHOW (FULL )?(TABLES|DATABASES|(CHANGED )?SETTINGS|FUNCTIONS|CREATE (TABLE|VIEW))\b"
)
# They stand before a parenthesis like functions, but are not called.
_OPERATORS = frozenset({"VALUES", "IN", "AND", "OR", "NOT", "LIKE", "FORMAT", "VIEW", "EXISTS"})


def check(sql: str, names: AllowedNames) -> None:
    """Refuse a statement with a word that stands for something internal.

    Args:
        sql: the statement as the engine writes it.
        names: what it may name.

    Raises:
        QueryError: the refusal, with its reason.
    """
    raw = sql.encode()
    found = [(token.text.decode(), raw[token.start : token.end].decode()) for token in tokens(raw)]
    upper = [word for word, _ in found]
    for index, (word, original) in enumerate(found):
        before = upper[index - 1] if index else ""
        after = upper[index + 1] if index + 1 < len(found) else ""
        name = _unquoted(original)
        if word in {"OUTFILE", "INFILE"}:
            raise unpublished("results come back over HTTP, not into files")
        if word == "IDENTIFIER" and before == ":":
            raise unpublished("names cannot be parameters")
        if after == "." and before != ".":
            target = _unquoted(found[index + 2][1]) if index + 2 < len(found) else ""
            _check_database(name, target, names)
        if after == "(" and word not in _OPERATORS:
            _check_called(name, names.functions)
    _check_applied([original for _, original in found], upper, names.functions)
    _check_shown(sql, upper)


def _check_database(name: str, table: str, names: AllowedNames) -> None:
    if name in names.internal:
        raise unpublished(f"the database {name} is not published")
    if name == "system" and table not in SYSTEM_TABLES:
        raise unpublished(f"the table system.{table} is not published")


def _check_called(name: str, functions: AllowedFunctions) -> None:
    if functions.forbids(name) and name not in TABLE_FUNCTIONS:
        raise unpublished(f"the function {name} cannot be called")


def _check_applied(originals: list[str], upper: list[str], functions: AllowedFunctions) -> None:
    """`APPLY f`, `APPLY(f)`, `APPLY(x -> …)`: the parse shows neither function nor lambda."""
    if "APPLY" in upper and ("-", ">") in set(pairwise(upper)):
        raise unpublished("APPLY with a lambda cannot be checked; name a function")
    for index, word in enumerate(upper):
        following = [original for original in originals[index + 1 : index + 3] if original != "("]
        if word == "APPLY" and following and not functions.admits(_unquoted(following[0])):
            raise unpublished(f"the function {following[0]} cannot be applied")


def _check_shown(sql: str, upper: list[str]) -> None:
    if upper[:1] == ["SHOW"]:
        if not _SHOWS.match(sql):
            raise unpublished("SHOW knows TABLES, DATABASES, CREATE, FUNCTIONS and SETTINGS here")
        if "WHERE" in upper:
            raise unpublished("SHOW with WHERE cannot be checked; use LIKE")


def _unquoted(name: str) -> str:
    return name[1:-1] if name[:1] in {"`", '"'} else name
