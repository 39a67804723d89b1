"""Where an INSERT's statement ends and its data begin, and which format a query asks for.

The engine parses the statement itself; this reads just enough tokens for the two questions that
ClickHouse's HTTP interface answers before parsing. It works on bytes, because what follows
`FORMAT Native` is not text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

# What is not closed reaches to the end: looking for its close again from every place within would
# take the square of the length, which is a minute for 60 kB of quotes and backslashes.
_TOKEN = re.compile(
    rb"""
      (?P<space>\s++ | --[^\n]*+ | //[^\n]*+ | \#[ !][^\n]*+ | /\*.*?(?:\*/ | \Z))
    | (?P<string>'(?:[^'\\]++ | \\. | '')*+(?:' | \\?\Z)
        | \$(?P<tag>\w*+)\$.*?(?:\$(?P=tag)\$ | \Z))
    | (?P<word>[A-Za-z_][\w$]*+ | `(?:[^`\\]++ | \\. | ``)*+(?:` | \\?\Z)
        | "(?:[^"\\]++ | \\. | "")*+(?:" | \\?\Z))
    | (?P<other>\d[\w.]*+ | .)
    """,
    re.VERBOSE | re.DOTALL,
)
_OPEN, _CLOSE = b"([{", b")]}"
_END = b""
# Behind these a name or a value has to follow, so that FORMAT is one; behind what is complete, the
# engine takes it for the clause.
_BEFORE_NAME = frozenset(
    b"INTO TABLE FUNCTION FROM JOIN SELECT DISTINCT WHERE PREWHERE HAVING QUALIFY AND OR NOT BY ON"
    b" USING AS IN LIKE ILIKE BETWEEN IS CASE WHEN THEN ELSE LIMIT OFFSET WITH"
    b" . , = < > + - / % | : ? ( [ {".split()
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token outside of comments: its text, upper-cased if a bare word, depth and place."""

    text: bytes
    depth: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class DataInsert:
    """An INSERT that carries data: ``head`` ends before `FORMAT` or after the columns.

    ``input`` is where `input('structure')` stands in an `INSERT … SELECT`, otherwise None.
    """

    head: bytes
    format: str
    data: bytes
    input: tuple[int, int, bytes] | None = None


def tokens(sql: bytes) -> Iterator[Token]:
    """The tokens of a statement, lazily: nothing behind the consumer's last one is read."""
    depth = 0
    for found in _TOKEN.finditer(sql):
        kind, text = found.lastgroup, found[0]
        if kind == "space":
            continue
        if text in _CLOSE and kind == "other":
            depth -= 1
        word = text.upper() if text[:1].isalpha() or text[:1] == b"_" else text
        yield Token(word, depth, found.start(), found.end())
        if text in _OPEN and kind == "other":
            depth += 1


def first_word(sql: bytes) -> bytes:
    """The statement's first bare word, upper-cased; empty if there is none."""
    token = next(tokens(sql), None)
    return token.text if token else b""


def fault(sql: bytes) -> str:
    """Why a statement without data must not reach the engine; empty if it may.

    The engine would run `a; b` as two statements, where a server refuses; and a table of the
    engine Kafka makes its database impossible to load again.
    """
    ended = False
    before: list[bytes] = [b"", b""]
    for token in tokens(sql):
        if ended and token.text != b";":
            return "Multi-statements are not allowed"
        ended = ended or (token.text == b";" and token.depth == 0)
        if token.text == b"KAFKA" and b"ENGINE" in before:
            return "ENGINE = Kafka breaks the embedded engine; the sink reads Kafka"
        before = [before[1], token.text]
    return ""


_KILL = re.compile(
    rb"\s*KILL\s+QUERY\s+WHERE\s+query_id\s*=\s*'([^'\\]*)'\s*(?:A?SYNC)?\s*(?:FORMAT\s+\w+)?\s*;?\s*",
    re.IGNORECASE,
)


_REPLACE_TEMPORARY = [b"CREATE", b"OR", b"REPLACE", b"TEMPORARY"]


def killed(sql: bytes) -> str:
    """The id of the query that a `KILL QUERY WHERE query_id = '…'` names, otherwise nothing.

    The engine does not know clients' ids.
    """
    found = _KILL.fullmatch(sql)
    return found[1].decode() if found else ""


def needs_session(sql: bytes) -> str:
    """Why a statement means nothing without a session; empty if it does not need one."""
    words = [token.text for token in islice(tokens(sql), 4)]
    if words[:1] in ([b"SET"], [b"USE"]):
        return (
            "Each request has a clean connection, so SET and USE would do nothing: put settings "
            "and database into the URL, or settings behind SETTINGS"
        )
    if words[:2] == [b"CREATE", b"TEMPORARY"] or words == _REPLACE_TEMPORARY:
        return "There are no sessions, so no temporary tables: use WITH, or a table of your own"
    return ""


def last_format(sql: bytes) -> str:
    """The format that a query ends with, or nothing.

    In the engine's own text of a query, which writes every alias behind AS, only the last word of
    `ORDER BY FORMAT ASC` and the like looks the same; the engine's parse tells these apart.
    """
    return _format_clause(sql)[1].decode()


def without_format(sql: bytes, name: str) -> bytes:
    """The query without its clause `FORMAT name` and final semicolon, fit to be a subquery.

    Args:
        sql: as the engine writes it.
        name: the format of the response; if the query ends with another word, that is none.
    """
    start, found = _format_clause(sql)
    query = sql[:start] if found and found == name.encode() else sql
    return query.rstrip().rstrip(b";")


def _format_clause(sql: bytes) -> tuple[int, bytes]:
    """Place and name of `FORMAT name` at the end, or before `SETTINGS`, outside of parentheses."""
    place, name = 0, b""
    end = Token(_END, 0, len(sql), len(sql))
    found = [*tokens(sql), end, end]
    for word, named, after in zip(found, found[1:], found[2:], strict=False):
        ends = after.text in {_END, b";", b"SETTINGS"}
        if word.text == b"FORMAT" and word.depth == 0 and named.text[:1].isalpha() and ends:
            place, name = word.start, sql[named.start : named.end]
    return place, name


def insert(sql: bytes, body: bytes) -> DataInsert | None:
    """Split an INSERT into statement and data; None if it carries none and runs as it is.

    Args:
        sql: the query, with or without data behind it.
        body: data that came separately.
    """
    source: tuple[int, int, bytes] | None = None
    selects = False
    seen = list[Token]()
    for token in tokens(sql):
        before, previous = [_END, _END, *(other.text for other in seen[-2:])][-2:]
        formats = previous == b"FORMAT" and before not in _BEFORE_NAME
        seen.append(token)
        if token.text in {b"SELECT", b"WITH"} and token.depth == 0:
            selects = True
        elif token.text == b"INFILE" and previous == b"FROM":
            return None
        elif previous == b"INPUT" and token.text == b"(":
            source = _input(sql, seen[-2])
        elif (
            token.text == b"VALUES"
            and previous not in {b"INTO", b"TABLE", b"."}
            and not formats
            and token.depth == 0
            and not selects
        ):
            return DataInsert(sql[: token.start], "Values", _join(sql[token.end :], body))
        elif formats and token.depth == 0 and token.text[:1].isalpha() and (source or not selects):
            name = sql[token.start : token.end].decode()
            data = _join(_after_format(sql, token.end), body)
            return DataInsert(sql[: seen[-2].start], name, data, source)
    return None


def _input(sql: bytes, word: Token) -> tuple[int, int, bytes] | None:
    """Where `input('structure')` begins and ends, and the structure's literal."""
    found = re.compile(rb"input\s*\(\s*('(?:[^'\\]|\\.|'')*')?\s*\)", re.IGNORECASE).match(
        sql, word.start
    )
    return (found.start(), found.end(), found[1] or b"") if found else None


def _after_format(sql: bytes, end: int) -> bytes:
    # Exactly one line break belongs to the statement: binary data may begin with another.
    found = re.compile(rb"[ \t\f]*;?[ \t\f]*\r?\n?").match(sql, end)
    return sql[found.end() if found else end :]


def _join(inline: bytes, body: bytes) -> bytes:
    if not body:
        return inline
    return inline + body if inline.strip() else body
