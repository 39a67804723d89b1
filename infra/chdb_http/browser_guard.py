"""Refuse what a browser sends on behalf of a web page.

A page that its visitor opens can let the visitor's browser send requests to servers on the same
machine: by a picture, a link, a form, a script. Browsers say so in headers that pages cannot
change. Any server on this machine can ask `page_request`, whatever it is made of.
"""

from collections.abc import Mapping

from infra.chdb_http.errors import READONLY, refusal

_LOCAL = frozenset({"127.0.0.1", "localhost", "[::1]", ""})


def page_request(headers: Mapping[str, str]) -> str:
    """Why a request is one of a web page; empty if it is none.

    Args:
        headers: of the request, names in lower case.

    >>> page_request({"host": "127.0.0.1:8123"})
    ''
    >>> page_request({"host": "127.0.0.1:8123", "sec-fetch-site": "cross-site"})
    'Sec-Fetch-Site is cross-site'
    """
    host = headers.get("host", "").lower()
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    if name not in _LOCAL:  # a name of the page's own, made to point here
        return f"the host is {name[:100]}"
    if "origin" in headers:
        return "there is an Origin"
    # `none`: the visitor typed the address.
    if (site := headers.get("sec-fetch-site", "none").strip().lower()) != "none":
        return f"Sec-Fetch-Site is {site[:20]}"
    return ""


def refuse_browsers(headers: Mapping[str, str]) -> None:
    """Refuse the requests of web pages, and those for other host names.

    Args:
        headers: of the request, names in lower case.

    Raises:
        QueryError: the refusal.
    """
    if reason := page_request(headers):
        raise refusal(
            READONLY, f"Requests of web pages and for other host names are refused: {reason}"
        )
