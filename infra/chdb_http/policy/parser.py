"""Statements as the engine understands them: its own text of them, and its parse."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from infra.chdb_http import statement
from infra.chdb_http.engine import Engine
from infra.chdb_http.errors import BAD_ARGUMENTS, ENGINE_ERRORS, engine_error, refusal

_WORDS = frozenset({"BareWord", "StringLiteral", "QuotedIdentifier", "HereDoc"})
_FIRST = re.compile(rb"[A-Za-z_'\"`$()\[\]{}]")


class StatementParser:
    """Parses by means of the engine.

    Args:
        engine: the engine.
        settings: of the connections that parse.
    """

    def __init__(self, engine: Engine, settings: Mapping[str, str]) -> None:
        self._engine = engine
        self._settings = settings

    @contextmanager
    def session(self) -> Iterator["ParserSession"]:
        """A connection on which one statement is parsed."""
        with self._engine.connection(self._settings) as connection:
            yield ParserSession(connection)


class ParserSession:
    """Parses on one connection.

    Args:
        connection: of the engine.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def rewrite(self, sql: bytes) -> str:
        """The statement written again: one statement, without comments and odd quoting.

        Args:
            sql: the statement, without data.

        Raises:
            QueryError: it is not one statement; the engine's reason.
        """
        escaped = _escaped(_decoded(sql))
        rewritten = self._ask("SELECT formatQuerySingleLine({sql:String})", {"sql": escaped})
        if self._spans(rewritten) != _our_spans(rewritten) or _quotes_in_types(rewritten):
            raise refusal(
                BAD_ARGUMENTS,
                "The statement cannot be checked: write the types of its"
                " parameters without comments and odd names",
            )
        return rewritten

    def _spans(self, sql: str) -> list[tuple[int, int]] | None:
        """Where the engine sees words, texts and brackets; None: it sees a comment."""
        found = self._ask(
            "SELECT toJSONString(tokenizeQuery({sql:String}))", {"sql": _escaped(sql)}
        )
        tokens = [(token["begin"], token["end"], token["type"]) for token in json.loads(found)]
        if any(kind == "Comment" for _, _, kind in tokens):
            return None
        return [
            (begin, end)
            for begin, end, kind in tokens
            if kind in _WORDS or "Bracket" in kind or "CurlyBrace" in kind
        ]

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
            answer: bytes = self._connection.query(query, "TSVRaw", params=dict(params)).bytes()
        except ENGINE_ERRORS as error:
            raise engine_error(error) from None
        return _decoded(answer).rstrip("\n")


def _decoded(sql: bytes) -> str:
    """A statement as text: also as the engine writes it again, where no escape is left."""
    try:
        return sql.decode()
    except UnicodeDecodeError:
        raise refusal(
            BAD_ARGUMENTS, "The statement is not UTF-8; write other bytes as in unhex('FF')"
        ) from None


def _escaped(text: str) -> str:
    """The value of a parameter."""
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


def _quotes_in_types(sql: str) -> bool:
    """Whether a name is quoted within the braces of a parameter, which the engine keeps as is."""
    raw, inside = sql.encode(), False
    for token in statement.tokens(raw):
        text = raw[token.start : token.end]
        if text in {b"{", b"}"}:
            inside = text == b"{"
        elif inside and text[:1] in {b"`", b'"'}:
            return True
    return False


def _our_spans(sql: str) -> list[tuple[int, int]]:
    """Where `statement.tokens`, by which statements are checked, sees the same."""
    raw = sql.encode()
    return [
        (token.start, token.end)
        for token in statement.tokens(raw)
        if _FIRST.match(raw, token.start) and raw[token.start : token.end] != b"$"
    ]
