"""User and password of a request, given in one of the three ways of ClickHouse's HTTP interface."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qs

from infra.chdb_http.errors import QueryError, refusal

_AUTHENTICATION_FAILED = 516
_DEFAULT_USER = "default"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The user and password that a port demands."""

    user: str
    password: str = field(repr=False)

    def check(self, headers: Mapping[str, str], query_string: bytes) -> None:
        """Let the right password pass.

        Args:
            headers: of the request, names in lower case.
            query_string: its URL's parameters, still encoded.

        Raises:
            QueryError: it is another one, or it is given in two ways at once.
        """
        given = [found for found in _given(headers, query_string) if found]
        if len(given) > 1:
            raise _failed("give user and password in one way only")
        user, password = given[0] if given else (_DEFAULT_USER, "")
        # In one go, so that the time it takes tells nothing of either.
        right = hmac.compare_digest(
            f"{user}\0{password}".encode(), f"{self.user}\0{self.password}".encode()
        )
        if not right:
            raise _failed("password is incorrect, or there is no user with such name")


def _given(headers: Mapping[str, str], query_string: bytes) -> list[tuple[str, str] | None]:
    url = {name: values[-1] for name, values in parse_qs(query_string.decode("latin-1")).items()}
    own = ("x-clickhouse-user" in headers) or ("x-clickhouse-key" in headers)
    in_url = "user" in url or "password" in url
    return [
        _basic(headers["authorization"]) if "authorization" in headers else None,
        (
            _utf8(headers.get("x-clickhouse-user", _DEFAULT_USER)),
            _utf8(headers.get("x-clickhouse-key", "")),
        )
        if own
        else None,
        (url.get("user", _DEFAULT_USER), url.get("password", "")) if in_url else None,
    ]


def _utf8(header: str) -> str:
    """Header values arrive as Latin-1."""
    return header.encode("latin-1").decode(errors="replace")


def _basic(value: str) -> tuple[str, str]:
    scheme, _, code = value.partition(" ")
    try:
        user, _, password = base64.b64decode(code, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise _failed("the Authorization header is not Basic") from None
    if scheme.lower() != "basic":
        raise _failed("the Authorization header is not Basic")
    return user or _DEFAULT_USER, password


def _failed(reason: str) -> QueryError:
    return refusal(
        _AUTHENTICATION_FAILED,
        f"Authentication failed: {reason}",
        "AUTHENTICATION_FAILED",
        HTTPStatus.FORBIDDEN,
    )
