"""Check the words of a statement, for the parts that the engine's parse does not show.

The text is the engine's own (`formatQuerySingleLine`): one line, no comments, keywords in capitals,
quoted where needed. `APPLY(x -> …)`, `SHOW … WHERE …`, `INTO OUTFILE`, `ON CLUSTER`, the kind of a
`SYSTEM` command and the names of settings are such parts.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise

from infra.chdb_http.errors import out_of_reach, unpublished
from infra.chdb_http.policy.allowlist import SYSTEM_TABLES, TABLE_FUNCTIONS, AllowedNames
from infra.chdb_http.policy.functions import AllowedFunctions
from infra.chdb_http.policy.named_tokens import Word, tokenized
from infra.chdb_http.policy.operator_allowlist import FILES_DATABASE, SYSTEM_COMMANDS
from infra.chdb_http.policy.operator_allowlist import TABLE_FUNCTIONS as OPERATOR_TABLE_FUNCTIONS

_SHOWS = re.compile(
    r"SHOW (FULL )?(TABLES|DATABASES|(CHANGED )?SETTINGS|FUNCTIONS|CREATE (TABLE|VIEW|DATABASE))\b"
)
# They stand before a parenthesis like functions, but are not called.
_OPERATORS = frozenset({"VALUES", "IN", "AND", "OR", "NOT", "LIKE", "FORMAT", "VIEW", "EXISTS"})
# Two words that mean a file, a disk or another server.
_REACHING = frozenset({
    ("ON", "CLUSTER"), ("TO", "DISK"), ("TO", "VOLUME"), ("TO", "SHARD"),
})  # fmt: skip
# The path of a file stands behind these: without one they are names.
_BEFORE_PATH = frozenset({"OUTFILE", "INFILE"})
# A table stands behind these, and its columns in parentheses.
_BEFORE_TABLE = frozenset({"INTO", "TABLE", "EXISTS", "VIEW"})


def check_reach(
    sql: str,
    params: Mapping[str, str],
    functions: AllowedFunctions,
    closed_settings: frozenset[str],
) -> None:
    """Refuse a statement that reaches files, other servers or programs.

    Args:
        sql: the statement as the engine writes it.
        params: values of its `{name:Type}`.
        functions: the engine's functions, those of operators allowed.
        closed_settings: settings that nobody may choose.

    Raises:
        QueryError: the refusal, with its reason.
    """
    found = tokenized(sql)
    texts = [word.text for word in found]
    creates = texts[:1] in (["CREATE"], ["INSERT"])
    if texts[:1] == ["SYSTEM"] and not SYSTEM_COMMANDS.match(sql):
        raise out_of_reach(f"{' '.join(texts[:3])} is not possible")
    for before, text, after in zip(["", *texts], texts, [*texts[1:], ""], strict=False):
        if (before, text) in _REACHING or (text in _BEFORE_PATH and after.startswith("'")):
            raise out_of_reach(f"{before} {text} is not possible")
        if before == "FROM" and text.startswith("'") and texts[0] in {"ATTACH", "ALTER"}:
            raise out_of_reach("FROM a path is not possible")
        if text.lower() == "identifier" and before == ":":
            _check_identifiers(params)
    for index, word in enumerate(found):
        before = texts[index - 1] if index else ""
        after = texts[index + 1] if index + 1 < len(found) else ""
        is_table = before == "." or (creates and before in _BEFORE_TABLE)
        if word.name == FILES_DATABASE and (after == "." or before == "DATABASE"):
            raise out_of_reach(f"the database {FILES_DATABASE} holds the files of the machine")
        if after == "(" and not is_table and word.text not in _OPERATORS:
            _check_reached(word.name, functions)
        if before == "APPLY" or (before == "(" and texts[index - 2 : index - 1] == ["APPLY"]):
            _check_reached(word.name, functions)
    _check_settings(found, closed_settings)


def check_words(named: Iterable[str], functions: AllowedFunctions) -> None:
    """Refuse expressions with a word that names a function out of reach.

    Raises:
        QueryError: the refusal, with its reason.
    """
    for word in named:
        if word.upper() not in _OPERATORS:
            _check_reached(word, functions)


def _check_identifiers(params: Mapping[str, str]) -> None:
    for value in params.values():
        if FILES_DATABASE in value:
            raise out_of_reach(f"the database {FILES_DATABASE} holds the files of the machine")


def _check_reached(name: str, functions: AllowedFunctions) -> None:
    if functions.forbids(name) and name not in OPERATOR_TABLE_FUNCTIONS:
        raise out_of_reach(f"the function {name} cannot be called")


def _check_settings(found: list[Word], closed: frozenset[str]) -> None:
    """`SETTINGS name = value, …`: to the end of the parentheses in which the clause stands."""
    depth: int | None = None
    for before, word, after in zip([None, *found], found, [*found[1:], None], strict=False):
        if depth is not None and word.depth < depth:
            depth = None
        if word.text in {"SETTINGS", "SETTING"} and not (before and before.text == "."):
            depth = word.depth
        if depth is not None and after and after.text == "=" and word.name in closed:
            raise out_of_reach(f"the setting {word.name} cannot be chosen")


def check_published(sql: str, names: AllowedNames) -> None:
    """Refuse an analyst's statement with a word that stands for something internal.

    Args:
        sql: the statement as the engine writes it.
        names: what it may name.

    Raises:
        QueryError: the refusal, with its reason.
    """
    found = tokenized(sql)
    upper = [word.text.upper() if _is_bare(word.text) else word.text for word in found]
    for index, (word, text) in enumerate(zip(found, upper, strict=True)):
        before = upper[index - 1] if index else ""
        after = upper[index + 1] if index + 1 < len(found) else ""
        if text in _BEFORE_PATH and after.startswith("'"):
            raise unpublished("results come back over HTTP, not into files")
        if text == "IDENTIFIER" and before == ":":
            raise unpublished("names cannot be parameters")
        if after == "." and before != ".":
            target = found[index + 2].name if index + 2 < len(found) else ""
            _check_database(word.name, target, names)
        if after == "(" and text not in _OPERATORS:
            _check_called(word.name, names.functions)
    _check_applied(found, upper, names.functions)
    _check_shown(sql, upper)


def _check_database(name: str, table: str, names: AllowedNames) -> None:
    if name in names.internal:
        raise unpublished(f"the database {name} is not published")
    if name == "system" and table not in SYSTEM_TABLES:
        raise unpublished(f"the table system.{table} is not published")


def _check_called(name: str, functions: AllowedFunctions) -> None:
    if functions.forbids(name) and name not in TABLE_FUNCTIONS:
        raise unpublished(f"the function {name} cannot be called")


def _check_applied(found: list[Word], upper: list[str], functions: AllowedFunctions) -> None:
    """`APPLY f`, `APPLY(f)`, `APPLY(x -> …)`: the parse shows neither function nor lambda."""
    if "APPLY" in upper and ("-", ">") in set(pairwise(upper)):
        raise unpublished("APPLY with a lambda cannot be checked; name a function")
    for index, word in enumerate(upper):
        following = [other.name for other in found[index + 1 : index + 3] if other.text != "("]
        if word == "APPLY" and following and not functions.admits(following[0]):
            raise unpublished(f"the function {following[0]} cannot be applied")


def _check_shown(sql: str, upper: list[str]) -> None:
    if upper[:1] == ["SHOW"]:
        if not _SHOWS.match(sql):
            raise unpublished("SHOW knows TABLES, DATABASES, CREATE, FUNCTIONS and SETTINGS here")
        if "WHERE" in upper:
            raise unpublished("SHOW with WHERE cannot be checked; use LIKE")


def _is_bare(text: str) -> bool:
    return text[:1].isalpha() or text[:1] == "_"
