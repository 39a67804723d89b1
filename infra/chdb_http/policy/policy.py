"""Admit analysts' requests: one reading statement on what is published.

Three steps, each on the engine's own understanding of the text, none on ours:

1. `formatQuerySingleLine` parses exactly one statement and writes it again; that text, without
   comments and odd quoting, is what is checked *and* what runs.
2. `EXPLAIN AST` lists its nodes: `ast_check.check`.
3. A few nodes do not show all of their parts: `token_check.check` reads the rewritten text.

Published views read internal tables: the check is of the analyst's text only. Behind it the
engine's `readonly=1` and limits hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from infra.chdb_http.engine import Engine
from infra.chdb_http.errors import engine_error, unpublished
from infra.chdb_http.policy import ast_check, redaction, token_check
from infra.chdb_http.policy.allowlist import (
    IGNORED_SETTINGS,
    SCHEMA_DATABASE,
    SHAPING_SETTINGS,
    SYSTEM_DATABASES,
    AllowedNames,
    read_functions,
)
from infra.chdb_http.request import Request


class Policy:
    """Admits requests or says why not.

    Args:
        engine: parses, and knows its functions and databases.
        settings: of the connections that parse: the analysts' own limits.
        published: databases that analysts may read, besides those of the system.
    """

    def __init__(
        self, engine: Engine, settings: Mapping[str, str], published: Sequence[str]
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._current = (*published, SCHEMA_DATABASE)
        self._published = SYSTEM_DATABASES.union(published)
        self._functions = read_functions(engine)

    def settings(self, request: Request) -> dict[str, str]:
        """Those of the client's settings that are applied.

        Raises:
            QueryError: there is one that an analyst may not choose.
        """
        for name in request.settings:
            if name not in SHAPING_SETTINGS | IGNORED_SETTINGS:
                raise unpublished(f"the setting {name} cannot be chosen here")
        return {name: value for name, value in request.settings.items() if name in SHAPING_SETTINGS}

    def admit(self, request: Request) -> Request:
        """The request with the statement as the engine writes it, and a database to run in.

        Raises:
            QueryError: it is no single reading statement, or names what is not published.
        """
        if request.insert:
            raise unpublished("nothing can be written")
        rows = self._engine.rows("SELECT name FROM system.databases")
        databases = {row[0] for row in rows}
        names = AllowedNames(
            self._functions, self._published, frozenset(databases - self._published)
        )
        sql = self._rewritten(request.sql)
        token_check.check(sql, names)
        tree = self._ask(f"EXPLAIN AST {sql}", request.params)
        ast_check.check(tree, names)
        sql = redaction.without_paths(sql)
        return replace(
            request, sql=sql.encode(), database=self._current_database(request.database, databases)
        )

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

    def _current_database(self, wanted: str, databases: set[str]) -> str:
        """Where unqualified names are looked up, never an internal database.

        Raises:
            QueryError: the wanted one is not published.
        """
        if wanted not in {"", "default", *self._current}:
            raise unpublished(f"the database {wanted} is not published")
        if wanted in databases and wanted != "default":
            return wanted
        return next(name for name in self._current if name in databases)
