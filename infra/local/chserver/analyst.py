"""What analysts may ask: one reading statement on what is published, checked on the engine's parse.

Three steps, each on the engine's own understanding of the text, none on ours:

1. `formatQuerySingleLine` parses exactly one statement and writes it again; that text, without
   comments and odd quoting, is what is checked *and* what runs.
2. `EXPLAIN AST` lists its nodes; only known kinds of nodes with allowed names pass.
3. The tokens of the rewritten text are compared with what is forbidden, because a few nodes
   (`APPLY` with a lambda, `SHOW COLUMNS`) do not show all of their parts.

Views in `marts` read internal tables: the check is of the analyst's text only.
"""

import re
from dataclasses import replace

from infra.local.chserver import allowed
from infra.local.chserver.engine import Engine
from infra.local.chserver.errors import READONLY, QueryError, engine_error, refusal
from infra.local.chserver.request import Request
from infra.local.chserver.statement import tokens

_NODE = re.compile(r"( *)(\w+)(?: (.*))?")
_NAME = re.compile(r"([\w.]+)?(?: ?\(alias [^\n]*\))?(?: ?\(children \d+\))?")
_STATEMENTS = frozenset({
    "SelectWithUnionQuery", "SelectIntersectExceptQuery", "Explain", "DescribeQuery",
    "ShowTables", "ShowFunctions", "ShowCreateTableQuery", "ShowCreateViewQuery",
    "ExistsTableQuery", "ExistsViewQuery", "ExistsDatabaseQuery",
})  # fmt: skip
# Kinds of nodes within a statement. Those with names of tables or functions are checked below.
_PARTS = frozenset({
    "SelectWithUnionQuery", "SelectIntersectExceptQuery", "SelectQuery", "Subquery", "WithElement",
    "ExpressionList", "TablesInSelectQuery", "TablesInSelectQueryElement", "TableExpression",
    "TableJoin", "ArrayJoin", "SampleRatio", "Asterisk", "QualifiedAsterisk", "Literal",
    "ColumnsRegexpMatcher", "ColumnsListMatcher", "QualifiedColumnsRegexpMatcher",
    "QualifiedColumnsListMatcher", "ColumnsTransformerList", "ColumnsApplyTransformer",
    "ColumnsExceptTransformer", "ColumnsReplaceTransformer", "OrderByElement",
    "InterpolateElement", "WindowDefinition", "WindowListElement", "DataType", "NameTypePair",
    "TupleDataType", "EnumDataType", "ObjectTypeArgument", "Identifier", "TableIdentifier",
    "Function",
})  # fmt: skip
_EXPLAINS = re.compile(r"EXPLAIN( (AST|SYNTAX|QUERY TREE|PIPELINE|ESTIMATE|PLAN))?( \(children \d+\))?")
_SHOWS = re.compile(r"SHOW (FULL )?(TABLES|DATABASES|(CHANGED )?SETTINGS|FUNCTIONS|CREATE)\b")
_MAX_NODES = 20_000


class Guard:
    """Admits analysts' requests or says why not.

    Args:
        engine: parses, and knows its functions and databases.
        settings: settings of the connections that parse: the analysts' own limits.
    """

    def __init__(self, engine: Engine, settings: dict[str, str]) -> None:
        self._engine = engine
        self._settings = settings
        self._functions = allowed.functions(engine)

    def admit_settings(self, request: Request) -> dict[str, str]:
        """The client's settings that are applied.

        Raises:
            QueryError: the URL holds a setting that an analyst may not choose.
        """
        for name in request.settings:
            if name not in allowed.SHAPING_SETTINGS | allowed.IGNORED_SETTINGS:
                raise refused(f"the setting {name} cannot be chosen here")
        return {
            name: value
            for name, value in request.settings.items()
            if name in allowed.SHAPING_SETTINGS
        }

    def admit(self, request: Request) -> Request:
        """The request with the statement as the engine writes it, and a database to run in.

        Raises:
            QueryError: it is no single reading statement, or names what is not published.
        """
        databases = set(self._databases())
        sql = self._rewritten(request.sql)
        self._check_tokens(sql, databases - allowed.DATABASES)
        self._check_nodes(self._parsed(sql, request), databases - allowed.DATABASES)
        if sql.startswith("SHOW") and not _SHOWS.match(sql):
            raise refused("SHOW is limited to TABLES, DATABASES, CREATE, FUNCTIONS and SETTINGS")
        return replace(request, sql=sql.encode(), database=_home(request.database, databases))

    def _databases(self) -> list[str]:
        return [row[0] for row in self._engine.rows("SELECT name FROM system.databases")]

    def _rewritten(self, sql: bytes) -> str:
        try:
            text = sql.decode()
        except UnicodeDecodeError:
            raise refused("the statement is not UTF-8") from None
        if "\0" in text:
            raise refused("the statement holds a zero byte")
        escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
        try:
            with self._engine.connection(self._settings) as connection:
                result = connection.query(
                    "SELECT formatQuerySingleLine({sql:String})", "RawBLOB", params={"sql": escaped}
                )
                return str(result.bytes().decode())
        except RuntimeError as error:
            raise engine_error(error) from None

    def _parsed(self, sql: str, request: Request) -> str:
        try:
            with self._engine.connection(self._settings) as connection:
                result = connection.query(
                    f"EXPLAIN AST {sql}", "TSVRaw", params=dict(request.params)
                )
                return str(result.bytes().decode())
        except RuntimeError as error:
            raise engine_error(error) from None

    def _check_tokens(self, sql: str, internal: set[str]) -> None:
        words = [token.text.decode() for token in tokens(sql.encode())]
        originals = [sql.encode()[t.start : t.end].decode() for t in tokens(sql.encode())]
        for index, word in enumerate(words):
            after = words[index + 1] if index + 1 < len(words) else ""
            name = _unquoted(originals[index])
            if word in {"OUTFILE", "INFILE"}:
                raise refused("results come back over HTTP, not into files")
            if word == "IDENTIFIER" and words[index - 1] == ":":
                raise refused("names cannot be parameters")
            if after == "." and name in internal and words[index - 1] != ".":
                raise refused(f"the database {name} is not published")
            if after == "(" and word not in _OPERATORS and self._functions.forbids(name):
                if name not in allowed.TABLE_FUNCTIONS:
                    raise refused(f"the function {name} cannot be called here")

    def _check_nodes(self, tree: str, internal: set[str]) -> None:
        lines = tree.rstrip("\n").split("\n")
        if len(lines) > _MAX_NODES:
            raise refused("the statement is too long")
        statement = before = ""
        for number, line in enumerate(lines):
            found = _NODE.fullmatch(line)
            if not found:
                raise refused("a name in it holds a line break")
            depth, kind, rest = len(found[1]), found[2], found[3] or ""
            if number == 0:
                statement = kind
                self._check_statement(kind, rest)
            elif kind == "Set" and statement == "Explain" and depth == 1:
                pass  # options of EXPLAIN itself
            elif kind not in _PARTS:
                raise refused(_KINDS.get(kind, f"{kind} is not possible here"))
            elif kind in {"Function", "TableIdentifier", "Identifier"}:
                self._check_name(kind, rest, before == "TableExpression", internal)
            elif kind == "Literal" and depth == 1:
                raise refused("results come back over HTTP, not into files")
            before = kind
        if statement.startswith(("Show", "Exists")):
            _check_shown(lines)

    def _check_statement(self, kind: str, rest: str) -> None:
        if kind not in _STATEMENTS:
            raise refused("only SELECT, WITH, EXPLAIN, SHOW, DESCRIBE and EXISTS are possible")
        if kind == "Explain" and not _EXPLAINS.fullmatch(rest):
            raise refused("this kind of EXPLAIN is not possible here")

    def _check_name(self, kind: str, rest: str, is_table: bool, internal: set[str]) -> None:
        found = _NAME.fullmatch(rest)
        name = (found[1] or "") if found else ""
        if kind == "Identifier":
            if rest.split(".", 1)[0] in internal and "." in rest:
                raise refused(f"the database {rest.split('.', 1)[0]} is not published")
            return
        if not name:
            raise refused("names of tables and functions have letters, digits and _")
        database, _, table = name.rpartition(".")
        if kind == "TableIdentifier" or (is_table and database):
            if database:
                _check_table(database.split(".")[0], table)
        elif is_table:
            if name not in allowed.TABLE_FUNCTIONS:
                raise refused(f"the table function {name} cannot be used here")
        elif not self._functions.admits(name):
            raise refused(f"the function {name} cannot be called here")


_KINDS = {"Set": "settings cannot be chosen here"}
# Written before a parenthesis like functions, but not called.
_OPERATORS = frozenset({"VALUES", "IN", "AND", "OR", "NOT", "LIKE", "FORMAT", "VIEW", "EXISTS"})


def refused(reason: str) -> QueryError:
    """The refusal of an analyst's request."""
    return refusal(READONLY, f"Analysts read what is published: {reason}", "READONLY")


def _check_table(database: str, table: str) -> None:
    if database not in allowed.DATABASES:
        raise refused(f"the database {database} is not published")
    if database == "system" and table not in allowed.SYSTEM_TABLES:
        raise refused(f"the table system.{table} is not published")


def _check_shown(lines: list[str]) -> None:
    """`SHOW TABLES FROM db`, `SHOW CREATE db.table`, `EXISTS db.table`: names come in parts."""
    parts = [line.split(" ", 2)[2] for line in lines[1:] if line.startswith(" Identifier ")]
    whole_database = lines[0].startswith(("ShowTables", "ExistsDatabase"))
    if parts and whole_database and parts[0] not in allowed.DATABASES:
        raise refused(f"the database {parts[0]} is not published")
    if len(parts) > 1 and not whole_database:
        _check_table(parts[0], parts[1])


def _home(wanted: str, databases: set[str]) -> str:
    """The current database: where unqualified names are looked up, never an internal one."""
    if wanted in allowed.HOMES:
        return wanted
    if wanted not in {"", "default"}:
        raise refused(f"the database {wanted} is not published")
    return next(home for home in allowed.HOMES if home in databases)


def _unquoted(name: str) -> str:
    return name[1:-1] if name[:1] in {"`", '"'} else name
