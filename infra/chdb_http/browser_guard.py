"""Refuse what a browser sends on behalf of a web page."""

from collections.abc import Mapping

from infra.chdb_http.errors import READONLY, refusal

_LOCAL = frozenset({"127.0.0.1", "localhost", "[::1]", ""})


def refuse_browsers(headers: Mapping[str, str]) -> None:
    """A web page must not reach this server through its visitor's browser.

    Browsers name the page's origin when they post, and the page's host when its name was made to
    point here.

    Args:
        headers: of the request, names in lower case.

    Raises:
        QueryError: the refusal.
    """
    host = headers.get("host", "").lower()
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    if "origin" in headers or name not in _LOCAL:
        raise refusal(READONLY, "Requests of web pages and for other host names are refused")
