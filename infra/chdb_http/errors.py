"""Refusals and failures, as ClickHouse's HTTP interface reports them: a code, a status, a text."""

import re
from http import HTTPStatus

_CODE = re.compile(r"Code: (\d+)")
# The bindings put these in front of the engine's own text.
_PREFIX = re.compile(r"^(Streaming query failed|Streaming insert \w+ failed): ")
# An exception within another has its code in front and its name behind once more.
_CODE_AGAIN = re.compile(r"^(Code: \d+\. DB::Exception: )\1+")
_NAME_AGAIN = re.compile(r"( \([A-Z_0-9]+\))( \(version [^()]*\))?\.?\1$")
# How this server hands statements and data to the engine concerns nobody.
_OURS = re.compile(
    r": In scope SELECT formatQuerySingleLine\(.*\)(?=\. \([A-Z_0-9]+\)$)"
    r"|\s*:? \(in file/uri /proc/self/fd/\d+\)"
    r"|: While executing \w+: While executing File: data for INSERT was parsed from file",
    re.DOTALL,
)

# It names tables that are not published.
_HINT = re.compile(r"[.,:;]? *Maybe you meant[^?]*\?")
_UNKNOWN = frozenset({60, 81})

ENGINE_ERRORS = (RuntimeError, UnicodeDecodeError)
"""What the bindings raise: the second where bytes that are no UTF-8 stand in the engine's text,
such as those of a value."""

SYNTAX_ERROR = 62
BAD_ARGUMENTS = 36
READONLY = 164
ACCESS_DENIED = 497
TOO_MANY_QUERIES = 202
TOO_LARGE = 1
NOT_IMPLEMENTED = 48

# As a ClickHouse server maps them; everything else is a 500.
_STATUS: dict[int, HTTPStatus] = {
    **dict.fromkeys((6, 26, 27, 33, 36, 38, 41, 43, 53, 62, 69, 72, 117), HTTPStatus.BAD_REQUEST),
    **dict.fromkeys((130, 131, 136, 167, 394, 456, 457), HTTPStatus.BAD_REQUEST),
    **dict.fromkeys((16, 46, 47, 50, 60, 73, 81, 82, 115), HTTPStatus.NOT_FOUND),
    **dict.fromkeys((READONLY, 291, 452, ACCESS_DENIED), HTTPStatus.FORBIDDEN),
    **dict.fromkeys((159, 160), HTTPStatus.REQUEST_TIMEOUT),
    NOT_IMPLEMENTED: HTTPStatus.NOT_IMPLEMENTED,
    TOO_MANY_QUERIES: HTTPStatus.SERVICE_UNAVAILABLE,
}


class ChdbHttpError(Exception):
    """The root of what this package raises."""


class CannotServeError(ChdbHttpError):
    """The server cannot start: a port is taken, or the data folder cannot be opened."""


class QueryError(ChdbHttpError):
    """A request that failed, with everything its response needs.

    Attributes:
        code: ClickHouse's number of the error.
        status: the HTTP status of the response.
        text: one line for people, ending in a newline.
    """

    def __init__(self, code: int, text: str, status: HTTPStatus | None = None) -> None:
        self.code = code
        self.status = status or _STATUS.get(code, HTTPStatus.INTERNAL_SERVER_ERROR)
        self.text = text.strip() + "\n"
        super().__init__(self.text)


def refusal(
    code: int, reason: str, name: str = "CHDB_HTTP", status: HTTPStatus | None = None
) -> QueryError:
    """A refusal of this server, worded like one of the engine."""
    return QueryError(code, f"Code: {code}. DB::Exception: {reason} ({name})", status)


def unpublished(reason: str) -> QueryError:
    """The refusal of an analyst's request."""
    return refusal(READONLY, f"Analysts read what is published: {reason}", "READONLY")


def out_of_reach(reason: str) -> QueryError:
    """The refusal of what reaches files, other servers or programs."""
    return refusal(
        ACCESS_DENIED, f"Nothing here reaches files, servers or programs: {reason}", "ACCESS_DENIED"
    )


def engine_error(error: Exception) -> QueryError:
    r"""The engine's exception with its own code, which stands only in its text.

    >>> engine_error(RuntimeError("Code: 6. DB::Exception: Code: 6. DB::Exception: No. (X) (X)"))
    QueryError('Code: 6. DB::Exception: No. (X)\n')
    """
    text = _PREFIX.sub("", _said(error)).strip()
    for superfluous, kept in ((_CODE_AGAIN, r"\1"), (_NAME_AGAIN, r"\1"), (_OURS, "")):
        text = superfluous.sub(kept, text)
    found = _CODE.search(text)
    code = int(found[1]) if found else 1
    return QueryError(code, _HINT.sub("", text) if code in _UNKNOWN else text)


def _said(error: Exception) -> str:
    """The text of an exception of the bindings; a stream's has the engine's as its cause."""
    for raised in (error, error.__cause__):
        if isinstance(raised, UnicodeDecodeError):
            return raised.object.decode(errors="backslashreplace")
    return str(error)
