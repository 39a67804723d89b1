"""Admit analysts' requests: one reading statement on what is published.

Three steps, each on the engine's own understanding of the text, none on ours:

1. `formatQuerySingleLine` parses exactly one statement and writes it again; that text, without
   comments and odd quoting, is what is checked *and* what runs.
2. `EXPLAIN AST` lists its nodes: `nodes.check`.
3. A few nodes do not show all of their parts: `words.check` reads the rewritten text.

Views in `marts` read internal tables: the check is of the analyst's text only. Behind it the
engine's `readonly=1` and limits hold.
"""

from collections.abc import Mapping
from dataclasses import replace

from infra.local.chserver import allowed, hidden, nodes, words
from infra.local.chserver.engine import Engine
from infra.local.chserver.errors import engine_error, unpublished
from infra.local.chserver.request import Request


class Guard:
    """Admits requests or says why not.

    Args:
        engine: parses, and knows its functions and databases.
        settings: of the connections that parse: the analysts' own limits.
    """

    def __init__(self, engine: Engine, settings: Mapping[str, str]) -> None:
        self._engine = engine
        self._settings = settings
        self._functions = allowed.functions(engine)

    def settings(self, request: Request) -> dict[str, str]:
        """Those of the client's settings that are applied.

        Raises:
            QueryError: there is one that an analyst may not choose.
        """
        for name in request.settings:
            if name not in allowed.SHAPING_SETTINGS | allowed.IGNORED_SETTINGS:
                raise unpublished(f"the setting {name} cannot be chosen here")
        shaping = allowed.SHAPING_SETTINGS
        return {name: value for name, value in request.settings.items() if name in shaping}

    def admit(self, request: Request) -> Request:
        """The request with the statement as the engine writes it, and a database to run in.

        Raises:
            QueryError: it is no single reading statement, or names what is not published.
        """
        if request.insert:
            raise unpublished("nothing can be written")
        rows = self._engine.rows("SELECT name FROM system.databases")
        databases = {row[0] for row in rows}
        internal = databases - allowed.DATABASES
        sql = self._rewritten(request.sql)
        words.check(sql, self._functions, internal)
        tree = self._ask(f"EXPLAIN AST {sql}", request.params)
        nodes.check(tree, self._functions, internal)
        sql = hidden.without_paths(sql)
        return replace(request, sql=sql.encode(), database=_home(request.database, databases))

    def _rewritten(self, sql: bytes) -> str:
        try:
            text = sql.decode()
        except UnicodeDecodeError:
            raise unpublished("the statement is not UTF-8") from None
        escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
        return self._ask("SELECT formatQuerySingleLine({sql:String})", {"sql": escaped})

    def _ask(self, sql: str, params: Mapping[str, str]) -> str:
        try:
            with self._engine.connection(self._settings) as connection:
                result = connection.query(sql, "TSVRaw", params=dict(params))
                return str(result.bytes().decode()).rstrip("\n")
        except RuntimeError as error:
            raise engine_error(error) from None


def _home(wanted: str, databases: set[str]) -> str:
    """The current database: where unqualified names are looked up, never an internal one."""
    if wanted not in {"", "default"} | set(allowed.HOMES):
        raise unpublished(f"the database {wanted} is not published")
    if wanted in databases and wanted != "default":
        return wanted
    return next(home for home in allowed.HOMES if home in databases)
