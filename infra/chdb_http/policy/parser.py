"""Statements as the engine understands them: its own text of them, and its parse."""

from collections.abc import Mapping

from infra.chdb_http.engine import Engine
from infra.chdb_http.errors import BAD_ARGUMENTS, engine_error, refusal


class StatementParser:
    """Parses by means of the engine.

    Args:
        engine: the engine.
        settings: of the connections that parse.
    """

    def __init__(self, engine: Engine, settings: Mapping[str, str]) -> None:
        self._engine = engine
        self._settings = settings

    def rewrite(self, sql: bytes) -> str:
        """The statement written again: one statement, without comments and odd quoting.

        Args:
            sql: the statement, without data.

        Raises:
            QueryError: it is not one statement; the engine's reason.
        """
        try:
            text = sql.decode()
        except UnicodeDecodeError:
            raise refusal(BAD_ARGUMENTS, "The statement is not UTF-8") from None
        escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
        return self._ask("SELECT formatQuerySingleLine({sql:String})", {"sql": escaped})

    def tree(self, sql: str, params: Mapping[str, str]) -> str:
        """What `EXPLAIN AST` prints of a statement.

        chdb looks up the objects of Python that a statement names, also to explain it: the words
        of the statement are checked before.

        Args:
            sql: the statement as the engine writes it.
            params: values of its `{name:Type}`, in the engine's escaped form.

        Raises:
            QueryError: the engine's reason.
        """
        return self._ask(f"EXPLAIN AST {sql}", params)

    def _ask(self, query: str, params: Mapping[str, str]) -> str:
        try:
            with self._engine.connection(self._settings) as connection:
                result = connection.query(query, "TSVRaw", params=dict(params))
                return str(result.bytes().decode()).rstrip("\n")
        except RuntimeError as error:
            raise engine_error(error) from None
