"""Admit requests: what operators may send, and what analysts may read.

Each statement passes on the engine's own understanding of it, none of ours:

1. `formatQuerySingleLine` parses exactly one statement and writes it again; that text, without
   comments and odd quoting, is what is checked *and* what runs.
2. The words that the checks see in it are compared with those that the engine sees
   (`tokenizeQuery`): where they differ, nothing that follows would hold.
3. `token_check` reads that text, for what its nodes do not show, and `zones` what it names.
4. `EXPLAIN AST` lists its nodes: `ast_check`.

Nobody reaches files, other servers or programs. Analysts, moreover, read what is published: the
published views read internal tables, so the check is of the analyst's text only. Behind it the
engine's `readonly=1` and limits hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from infra.chdb_http import statement
from infra.chdb_http.engine import Engine
from infra.chdb_http.errors import out_of_reach, unpublished
from infra.chdb_http.policy import (
    allowlist,
    ast_check,
    operator_allowlist,
    redaction,
    token_check,
    values_check,
    zone_arguments,
)
from infra.chdb_http.policy.chosen_settings import read_chosen_settings, take_clause
from infra.chdb_http.policy.format_clause import format_clause
from infra.chdb_http.policy.functions import read_functions
from infra.chdb_http.policy.parser import StatementParser
from infra.chdb_http.policy.verdicts import VerdictCache
from infra.chdb_http.policy.zones import MAX_USED, TimeZones
from infra.chdb_http.request import Request


class Policy(Protocol):
    """Admits the requests of one port, or says why not."""

    def admit(self, request: Request) -> Request:
        """The request as it runs: the engine's text, a database, the settings that are applied.

        Raises:
            QueryError: it asks for what the port does not give.
        """


class OperatorPolicy:
    """Admits everything but what reaches files, other servers or programs.

    A request that must not change anything (GET, HEAD) is one reading statement.

    Args:
        engine: parses, and knows its functions and settings.
        settings: of the connections that parse.
        default_database: where unqualified names are looked up if the request names no database.
    """

    def __init__(self, engine: Engine, settings: Mapping[str, str], default_database: str) -> None:
        self._parser = StatementParser(engine, settings)
        self._functions = read_functions(
            engine,
            operator_allowlist.CATEGORIES,
            operator_allowlist.SINGLE,
            closed=frozenset(
                name for (name,) in engine.rows("SELECT name FROM system.table_functions")
            )
            - operator_allowlist.TABLE_FUNCTIONS
            | allowlist.JODA,
        )
        self._closed_settings = operator_allowlist.read_closed_settings(engine)
        self._zones = TimeZones(engine.time_zones(), None, out_of_reach)
        self._default_database = default_database
        self._verdicts = VerdictCache[tuple[str, str]]()

    def admit(self, request: Request) -> Request:
        """As `Policy.admit`."""
        for name, value in request.settings.items():
            if name in self._closed_settings:
                raise out_of_reach(f"the setting {name} cannot be chosen")
            self._zones.check_setting(name, value)
        wanted = request.database
        database = self._default_database if wanted in {"", "default"} else wanted
        if request.insert:
            return replace(self._admit_insert(request, request.insert), database=database)
        sql, form = self._admitted(request.sql, request)
        form = form or request.format
        return replace(request, sql=sql.encode(), format=form, database=database)

    def _admit_insert(self, request: Request, insert: statement.DataInsert) -> Request:
        head = insert.head + b"\nFORMAT " + insert.format.encode()
        sql, _ = self._admitted(head, request)
        rewritten = statement.insert(sql.encode(), insert.data) or insert
        settings = dict(request.settings)
        if insert.format.lower() == "values":
            settings |= self._check_values(insert.data, request)
        return replace(request, sql=rewritten.head, insert=rewritten, settings=settings)

    def _check_values(self, data: bytes, request: Request) -> dict[str, str]:
        """The settings with which these rows of `VALUES` are read."""
        if values_check.literals_only(data):
            return values_check.LITERALS_ONLY
        words = values_check.bare_words(data)
        if words is not None:
            token_check.check_words(words, self._functions)
            if zone_arguments.may_name_one(words):
                self._zones.check(data.decode(errors="replace"), {})
            return {}
        if len(data) > values_check.MAX_EXPRESSION_BYTES:
            raise out_of_reach("so many rows with subqueries or quoted names cannot be checked")
        self._admitted(values_check.as_statement(data), request)
        return {}

    def _admitted(self, sql: bytes, request: Request) -> tuple[str, str]:
        """The text that runs in place of this one, and the format that it names."""
        key = (sql, request.read_only, _known(replace(request, sql=sql)))
        admitted = self._verdicts.get(key)
        if admitted is None:
            admitted = self._check(sql, request)
            self._verdicts.put(key, sql, admitted)
        return admitted

    def _check(self, sql: bytes, request: Request) -> tuple[str, str]:
        with self._parser.session() as parser:
            rewritten = parser.rewrite(sql)
            token_check.check_reach(
                rewritten, request.params, self._functions, self._closed_settings
            )
            self._zones.check(rewritten, request.params)
            tree = parser.tree(rewritten, request.params)
        if request.read_only:
            ast_check.check_reading(tree)
        ast_check.check_reach(tree, self._functions)
        return rewritten, format_clause(rewritten, tree)


class AnalystPolicy:
    """Admits one reading statement on what is published.

    Args:
        engine: parses, and knows its functions and databases.
        settings: of the connections that parse: the analysts' own limits.
        published: databases that analysts may read, besides those of the system.
    """

    def __init__(
        self, engine: Engine, settings: Mapping[str, str], published: Sequence[str]
    ) -> None:
        self._engine = engine
        self._parser = StatementParser(engine, settings)
        self._functions = read_functions(
            engine, allowlist.CATEGORIES, allowlist.SINGLE, allowlist.COSTLY
        )
        self._chosen = read_chosen_settings(engine, settings)
        self._zones = TimeZones(engine.time_zones(), MAX_USED, unpublished)
        self._current = (*published, allowlist.SCHEMA_DATABASE)
        self._published = allowlist.SYSTEM_DATABASES.union(published)
        self._verdicts = VerdictCache[tuple[str, str, dict[str, str]]]()

    def admit(self, request: Request) -> Request:
        """As `Policy.admit`."""
        if request.insert:
            raise unpublished("nothing can be written")
        rows = self._engine.rows("SELECT name FROM system.databases")
        databases = frozenset(row[0] for row in rows)
        sql, form, settings = self._admitted(request, databases)
        settings = self._chosen.from_url(request.settings) | settings
        for name, value in settings.items():
            self._zones.check_setting(name, value)
        return replace(
            request,
            sql=sql.encode(),
            format=form or request.format,
            settings=settings,
            database=self._current_database(request.database, databases),
        )

    def _admitted(
        self, request: Request, databases: frozenset[str]
    ) -> tuple[str, str, dict[str, str]]:
        """The text that runs, without the settings at its end; its format; these settings."""
        key = (request.sql, databases, _known(request))
        admitted = self._verdicts.get(key)
        if admitted is None:
            names = allowlist.AllowedNames(
                self._functions, self._published, databases - self._published
            )
            with self._parser.session() as parser:
                rewritten, settings = take_clause(parser.rewrite(request.sql))
                token_check.check_published(rewritten, names)
                self._zones.check(rewritten, {})  # names cannot be parameters
                tree = parser.tree(rewritten, request.params)
            form = format_clause(rewritten, tree)
            ast_check.check_published(tree, names, form)
            chosen = self._chosen.from_clause(settings)
            admitted = redaction.without_paths(rewritten), form, chosen
            self._verdicts.put(key, request.sql, admitted)
        return admitted

    def _current_database(self, wanted: str, databases: frozenset[str]) -> str:
        """Where unqualified names are looked up, never an internal database."""
        if wanted not in {"", "default", *self._current}:
            raise unpublished(f"the database {wanted} is not published")
        if wanted in databases and wanted != "default":
            return wanted
        return next(name for name in self._current if name in databases)


def _known(request: Request) -> tuple[object, ...]:
    """What a verdict depends on of the parameters: their values, where they may be names."""
    named = b"identifier" in request.sql.lower()
    return tuple(request.params.items() if named else request.params)
