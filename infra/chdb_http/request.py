"""One HTTP request as a query: statement, data, parameters, settings, formats."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from infra.chdb_http import statement
from infra.chdb_http.errors import (
    BAD_ARGUMENTS,
    NOT_IMPLEMENTED,
    SYNTAX_ERROR,
    QueryError,
    refusal,
)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*")
# Both come back in headers.
_WORD = re.compile(r"[A-Za-z0-9_]+")
_REVISION = re.compile(r"[0-9]{1,10}")
_QUERY_ID = re.compile(r"[!-~]([ -~]{0,198}[!-~])?")
# Parameters of the interface that are no settings of the engine and mean nothing here: every
# request has a clean connection, one user, and a response whose headers come before its body.
_INTERFACE = frozenset({
    "query", "database", "query_id", "default_format", "user", "password", "role", "quota_key",
    "session_id", "session_timeout", "session_check", "client_protocol_version", "buffer_size",
    "wait_end_of_query", "send_progress_in_http_headers", "http_headers_progress_interval_ms",
    "enable_http_compression", "http_zlib_compression_level", "compress", "decompress",
    "cancel_http_readonly_queries_on_client_close", "http_write_exception_in_output_format",
    "stacktrace", "close_session", "initial_query_id", "http_response_headers", "async_insert",
    "wait_for_async_insert", "log_comment", "replace_running_query",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A request that is read and not parsed: looking at its statement takes time.

    Attributes:
        method: GET, HEAD or POST.
        url: the URL's parameters, decoded.
        headers: names in lower case.
        body: decompressed.
    """

    method: str
    url: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def statement_bytes(self) -> int:
        """The length of the statement, data included."""
        return len(self.url.get("query", "").encode()) + len(self.body)

    @property
    def read_only(self) -> bool:
        """Whether it must not change anything."""
        return self.method != "POST"

    @property
    def replace(self) -> bool:
        """Whether it ends a running query with the same id."""
        return not self.read_only and switched_on(self.url, "replace_running_query")

    @property
    def victim(self) -> str:
        """The id of the query that it kills; empty if it is no `KILL QUERY`."""
        if self.read_only:
            return ""
        return statement.killed(self.url.get("query", "").encode() or self.body)

    def query_id(self) -> str:
        """The id that the client gave its query, or a new one.

        Raises:
            QueryError: it is not printable.
        """
        query_id = self.url.get("query_id") or str(uuid.uuid4())
        if not _QUERY_ID.fullmatch(query_id):
            raise refusal(BAD_ARGUMENTS, "A query_id is printable and has at most 200 letters")
        return query_id


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks for.

    Attributes:
        sql: the statement; for an INSERT with data only its head.
        insert: statement and data of an INSERT that carries them.
        params: values of `{name:Type}`, in the engine's escaped form.
        settings: the client's own settings of this one request.
        format: format of the response; the policy replaces it by that of a clause FORMAT, which
            only the engine's parse tells from a name.
        query_tag: by which the engine can cancel the query; never the client's choice.
        accept: encodings that the client accepts for the response.
        blocks: whether the response is wanted in ClickHouse's own compressed blocks.
        read_only: whether it must not change anything.
        revision: of format Native, that the client reads.
    """

    sql: bytes
    insert: statement.DataInsert | None
    params: Mapping[str, str]
    settings: Mapping[str, str]
    database: str
    format: str
    query_id: str
    query_tag: str
    accept: str
    blocks: bool
    read_only: bool
    revision: int = 0


def url_parameters(query_string: bytes) -> dict[str, str]:
    """The parameters of a URL, decoded.

    Raises:
        QueryError: it is no text, or a parameter stands twice.
    """
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise refusal(BAD_ARGUMENTS, "The URL is not UTF-8, percent-encoded") from None
    found = dict(pairs)
    if len(found) < len(pairs):
        # Whoever looked at one of them has not seen the other.
        raise refusal(BAD_ARGUMENTS, "A parameter stands twice in the URL")
    return found


def switched_on(url: Mapping[str, str], name: str) -> bool:
    """Whether a switch is set in the URL."""
    return url.get(name, "0").lower() in {"1", "true"}


def parse(raw: RawRequest, query_id: str) -> Request:
    """Parse a request.

    Args:
        raw: the request.
        query_id: the id of its query.

    Raises:
        QueryError: it asks for something that this interface cannot do.
    """
    url, headers, body = raw.url, raw.headers, raw.body
    _refuse_unsupported(url, headers)
    in_url = url.get("query", "").encode()
    if in_url and body and statement.first_word(in_url) != b"INSERT":
        in_url, body = in_url + b"\n" + body, b""
    sql, data = (in_url, body) if in_url else (body, b"")
    insert = statement.insert(sql, data) if statement.first_word(sql) == b"INSERT" else None
    if insert is None and data.strip():
        sql += b"\n" + data
    _refuse_unreadable(insert.head if insert else sql)
    if not insert and (fault := statement.fault(sql)):
        raise refusal(SYNTAX_ERROR, fault, "SYNTAX_ERROR")
    if reason := statement.needs_session(sql):
        raise refusal(NOT_IMPLEMENTED, reason, "NOT_IMPLEMENTED")
    default = url.get("default_format") or headers.get("x-clickhouse-format") or "TabSeparated"
    if not _WORD.fullmatch(default):
        raise refusal(BAD_ARGUMENTS, "The name of a format has letters, digits and _")
    compress = url.get("enable_http_compression", "1") not in {"0", "false"}
    return Request(
        sql=sql,
        insert=insert,
        params={name[6:]: value for name, value in url.items() if name.startswith("param_")},
        settings=_settings(url),
        database=url.get("database") or headers.get("x-clickhouse-database", ""),
        format=default,
        query_id=query_id,
        query_tag=f"request-{uuid.uuid4()}",
        accept=headers.get("accept-encoding", "") if compress else "",
        blocks=switched_on(url, "compress"),
        read_only=raw.read_only,
        revision=_revision(url.get("client_protocol_version", "0")),
    )


def _revision(given: str) -> int:
    if not _REVISION.fullmatch(given):
        raise refusal(BAD_ARGUMENTS, "client_protocol_version is a number")
    return int(given)


def _settings(url: Mapping[str, str]) -> dict[str, str]:
    settings = {
        name: value
        for name, value in url.items()
        if name not in _INTERFACE and not name.startswith("param_")
    }
    for name in url:
        if name not in _INTERFACE and not _NAME.fullmatch(name):
            raise refusal(
                BAD_ARGUMENTS, "The URL holds a setting or a parameter whose name is none"
            )
    return settings


def _refuse_unreadable(sql: bytes) -> None:
    try:
        sql.decode()
    except UnicodeDecodeError:
        raise refusal(BAD_ARGUMENTS, "The statement is not UTF-8") from None


def _refuse_unsupported(url: Mapping[str, str], headers: Mapping[str, str]) -> None:
    error: QueryError | None = None
    if switched_on(url, "session_check"):
        error = refusal(372, "There are no sessions here", "SESSION_NOT_FOUND")
    elif headers.get("content-type", "").startswith("multipart/"):
        error = refusal(
            NOT_IMPLEMENTED, "Multipart bodies (external tables) are not supported; use a table"
        )
    elif any(name.endswith("_format") and f"{name[:-7]}_types" in url for name in url):
        error = refusal(NOT_IMPLEMENTED, "External tables are not supported")
    if error:
        raise error
