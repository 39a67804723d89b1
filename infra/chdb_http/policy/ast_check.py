"""Check the engine's parse of a statement, as `EXPLAIN AST` prints it.

Every line is a kind of node and mostly a name, printed as it is: a name with a line break makes a
line that is no known kind, so it can add a refusal but hide nothing. Only the order of lines
matters, never what the tree's shape promises.
"""

import re
from collections.abc import Iterator

from infra.chdb_http.errors import READONLY, out_of_reach, refusal, unpublished
from infra.chdb_http.policy.allowlist import SYSTEM_TABLES, TABLE_FUNCTIONS, AllowedNames
from infra.chdb_http.policy.functions import AllowedFunctions
from infra.chdb_http.policy.operator_allowlist import (
    ALTER_VERBS,
    DATABASE_ENGINES,
    FILES_DATABASE,
    READING_STATEMENTS,
    STATEMENTS,
    TABLE_ENGINES,
)
from infra.chdb_http.policy.operator_allowlist import TABLE_FUNCTIONS as OPERATOR_TABLE_FUNCTIONS

_NODE = re.compile(r"( *)([\w:]+)(?: (.*))?")
_NAME = re.compile(r"([\w.]+)?(?: ?\(alias .*\))?(?: ?\(children \d+\))?")
_STATEMENTS = frozenset({
    "SelectWithUnionQuery", "Explain", "DescribeQuery", "ShowTables", "ShowFunctions",
    "ShowCreateTableQuery", "ShowCreateViewQuery", "ShowCreateDatabaseQuery", "ExistsTableQuery",
    "ExistsViewQuery", "ExistsDatabaseQuery",
})  # fmt: skip
# Kinds of nodes within a statement. Those with names of tables or functions are checked below.
_PARTS = frozenset({
    "SelectWithUnionQuery", "SelectIntersectExceptQuery", "SelectQuery", "Subquery", "WithElement",
    "ExpressionList", "TablesInSelectQuery", "TablesInSelectQueryElement", "TableExpression",
    "TableJoin", "ArrayJoin", "SampleRatio", "Asterisk", "QualifiedAsterisk", "Literal",
    "ColumnsRegexpMatcher", "ColumnsListMatcher", "QualifiedColumnsRegexpMatcher",
    "QualifiedColumnsListMatcher", "ColumnsTransformerList", "ColumnsApplyTransformer",
    "ColumnsExceptTransformer", "ColumnsReplaceTransformer",
    "ColumnsReplaceTransformer::Replacement", "OrderByElement", "InterpolateElement",
    "WindowDefinition", "WindowListElement", "DataType", "Identifier", "TableIdentifier",
    "Function",
})  # fmt: skip
_EXPLAINS = re.compile(
    r"EXPLAIN( (AST|SYNTAX|QUERY TREE|PIPELINE|ESTIMATE|PLAN))?( \(children \d+\))?"
)
_MAX_NODES = 20_000
_PATTERN = re.compile(r"Literal '.*\{")
_COMPUTED = re.compile(r"\b(DEFAULT|MATERIALIZED|ALIAS|EPHEMERAL)\b", re.IGNORECASE)
# `arrayMap(file, …)` calls what it names.
_BY_NAME = "{0} cannot be called by its name: for a column beside functions of arrays, write t.{0}"
_FORMAT = "format(…) with a pattern in which no {} stands is not possible"


def check_reading(tree: str) -> None:
    """Refuse a statement that is not one of reading.

    Args:
        tree: what `EXPLAIN AST` printed.

    Raises:
        QueryError: the refusal.
    """
    if tree.partition("\n")[0].partition(" ")[0] not in READING_STATEMENTS:
        raise refusal(READONLY, "GET and HEAD change nothing; use POST", "READONLY")


def check_reach(tree: str, functions: AllowedFunctions) -> None:
    """Refuse a statement that reaches files, other servers or programs.

    Args:
        tree: what `EXPLAIN AST` printed.
        functions: the engine's functions, those of operators allowed.

    Raises:
        QueryError: the refusal, with its reason.
    """
    first, *lines = tree.split("\n")
    kind = first.partition(" ")[0]
    if kind not in STATEMENTS:
        raise out_of_reach(f"a statement of the kind {kind} is not possible")
    before = ""
    for line in lines:
        found = _NODE.fullmatch(line)
        kind, rest = (found[2], found[3] or "") if found else ("", "")
        if kind in {"Dictionary", "FunctionWithKeyValueArguments"}:
            raise out_of_reach("dictionaries are not possible")
        if kind == "AlterCommand" and rest.partition("_")[0].partition(" ")[0] not in ALTER_VERBS:
            raise out_of_reach(f"ALTER … {rest.partition(' ')[0]} is not possible")
        if kind in {"Identifier", "TableIdentifier"} and rest.startswith(f"{FILES_DATABASE}."):
            raise out_of_reach(f"the database {FILES_DATABASE} holds the files of the machine")
        if kind == "Function":
            _check_reached(rest.partition(" (")[0], functions, before)
        before = kind
    if _reads_by_format(lines):
        raise out_of_reach(_FORMAT)
    called = _called_by_name(lines, functions)
    if called:
        raise out_of_reach(_BY_NAME.format(called))
    if _computes_columns(lines):
        raise out_of_reach("input('…') lists names and types of columns, and no DEFAULT")


def _first(rest: str) -> str:
    """The name of an identifier, without its alias."""
    return rest.partition(" (")[0]


def _first_arguments(lines: list[str], function: str) -> Iterator[str]:
    """The line of the first argument at each place where a function is called; empty: none."""
    for number, line in enumerate(lines):
        found = _NODE.fullmatch(line)
        if found and found[2] == "Function" and _first(found[3] or "").lower() == function:
            argument = "".join(lines[number + 2 : number + 3])
            deeper = argument.startswith(" " * (len(found[1]) + 2))
            yield argument.strip() if deeper else ""


def _reads_by_format(lines: list[str]) -> bool:
    """Whether `format` may be the table function, wherever it stands.

    That one reads a text in a format, and evaluates what stands in it. The function of strings of
    the same name has a pattern first, and a pattern has braces.
    """
    return not all(map(_PATTERN.match, _first_arguments(lines, "format")))


def _called_by_name(lines: list[str], functions: AllowedFunctions) -> str:
    """A closed function that an identifier may name for a function that calls others; empty: none.

    Of the engine's functions those of arrays and maps call one that is named. Which argument stands
    where is not asked: an alias with line breaks could move it.
    """
    found = [node for node in map(_NODE.fullmatch, lines) if node]
    calls = (_first(node[3] or "").lower() for node in found if node[2] == "Function")
    if not any(name.startswith(("array", "map")) for name in calls):
        return ""
    named = (_first(node[3] or "") for node in found if node[2] == "Identifier")
    return next((name for name in named if functions.forbids_by_name(name)), "")


def _computes_columns(lines: list[str]) -> bool:
    """Whether the structure of `input` says how to compute a column, or is computed itself."""
    return any(
        argument and (not argument.startswith("Literal '") or _COMPUTED.search(argument))
        for argument in _first_arguments(lines, "input")
    )


def _check_reached(name: str, functions: AllowedFunctions, before: str) -> None:
    if before == "Storage":
        if name not in TABLE_ENGINES | DATABASE_ENGINES:
            raise out_of_reach(f"the engine {name} cannot be used")
    elif functions.forbids(name) and name not in OPERATOR_TABLE_FUNCTIONS:
        raise out_of_reach(f"the function {name} cannot be called")


def check_published(tree: str, names: AllowedNames, named_format: str) -> None:
    """Refuse an analyst's statement of which any node is not known to be harmless.

    Args:
        tree: what `EXPLAIN AST` printed.
        names: what it may name.
        named_format: the format that the statement names at its end, or nothing.

    Raises:
        QueryError: the refusal, with its reason.
    """
    first, *lines = tree.split("\n")
    statement = _statement(first)
    _check_whole(lines, names.functions)
    before = ""
    for line in lines:
        found = _NODE.fullmatch(line)
        kind = found[2] if found else ""
        if not found or (kind not in _PARTS and kind != "Set"):
            raise unpublished(f"{kind or 'a name with a line break'} cannot be checked")
        depth, rest = len(found[1]), found[3] or ""
        if kind == "Set" and not (statement == "Explain" and depth == 1):
            raise unpublished(
                "settings can be chosen at the end of the statement only, each a constant"
            )
        if kind == "Literal" and depth == 1:
            raise unpublished("results come back over HTTP, not into files")
        if kind == "Identifier":
            _check_identifier(rest, names)
        elif kind == "TableIdentifier":
            _check_table(_name(rest), names)
        elif kind == "Function":
            _check_function(_name(rest), names, is_table=before == "TableExpression")
        before = kind
    if statement.startswith(("Show", "Exists")):
        _check_shown(statement, lines, names, named_format)


def _check_whole(lines: list[str], functions: AllowedFunctions) -> None:
    if len(lines) > _MAX_NODES:
        raise unpublished("the statement is too long")
    if _reads_by_format(lines):
        raise unpublished(_FORMAT)
    called = _called_by_name(lines, functions)
    if called:
        raise unpublished(_BY_NAME.format(called))


def _statement(line: str) -> str:
    kind, _, rest = line.partition(" ")
    if kind not in _STATEMENTS:
        raise unpublished("only SELECT, WITH, EXPLAIN, SHOW, DESCRIBE and EXISTS are possible")
    if kind == "Explain" and not _EXPLAINS.fullmatch(rest):
        raise unpublished("this kind of EXPLAIN is not possible")
    return kind


def _name(rest: str) -> str:
    found = _NAME.fullmatch(rest)
    if not found or not found[1]:
        raise unpublished("names of tables and functions have letters, digits and _")
    return found[1]


def _check_identifier(rest: str, names: AllowedNames) -> None:
    """`x IN db.table` names a table where a column could stand."""
    first, dot, _ = rest.partition(".")
    if dot and first in names.internal:
        raise unpublished(f"the database {first} is not published")
    if dot and first == "system":
        parts = rest.partition(" ")[0].split(".")  # perhaps with a column: JDBC writes them so
        _check_table(".".join(parts[:2]), names)


def _check_table(name: str, names: AllowedNames) -> None:
    database, dot, table = name.partition(".")
    if not dot:
        return  # a common table expression, or a table of the current database
    if database not in names.published:
        raise unpublished(f"the database {database} is not published")
    if database == "system" and table not in SYSTEM_TABLES:
        raise unpublished(f"the table system.{table} is not published")


def _check_function(name: str, names: AllowedNames, *, is_table: bool) -> None:
    if is_table and "." in name:
        _check_table(name, names)  # a view with parameters
    elif is_table:
        if name not in TABLE_FUNCTIONS:
            raise unpublished(f"the table function {name} cannot be used")
    elif not names.functions.admits(name) and name not in TABLE_FUNCTIONS:
        raise unpublished(f"the function {name} cannot be called")


def _check_shown(statement: str, lines: list[str], names: AllowedNames, named_format: str) -> None:
    """`SHOW TABLES FROM db`, `SHOW CREATE db.table`, `EXISTS db.table`: names come in parts."""
    parts = [line.split(" ", 2)[2] for line in lines if line.startswith(" Identifier ")]
    if named_format and parts[-1:] == [named_format]:
        parts = parts[:-1]
    if statement in {"ShowTables", "ExistsDatabaseQuery", "ShowCreateDatabaseQuery"}:
        parts = [*parts, "*"] if parts else []
    if len(parts) > 1:
        _check_table(f"{parts[0]}.{'one' if parts[1] == '*' else parts[1]}", names)
