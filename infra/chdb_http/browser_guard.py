"""Refuse what a browser sends on behalf of a web page, and give it nothing that it would keep.

A page that its visitor opens can let the visitor's browser send requests to servers on the same
machine: by a picture, a link, a form, a script. Browsers say so in headers that pages cannot
change. Any server on this machine can ask `page_request`, whatever it is made of.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from infra.chdb_http.errors import READONLY, refusal

LOCAL: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
"""Names of this machine, without a port."""
ANSWER_HEADERS: Final[Mapping[str, str]] = {
    # Neither the browser's cache nor a proxy's holds the answer longer than its reader.
    "Cache-Control": "no-store",
    # An answer is no page, whatever it looks like, and no part of one.
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Its address may hold a query.
    "Referrer-Policy": "no-referrer",
}
"""What every answer carries that is no page."""

_HOST = re.compile(r"([a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


def combined(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by their names in lower case; those of one name become one, with commas between.

    That is what RFC 9110, section 5.3, lets every recipient do. Were the first or the last to
    count, a second `Host` or `Sec-Fetch-Site` would hide the one that the browser sent; of those
    that may stand once only, the combined value is none that is known.

    >>> combined([(b"Sec-Fetch-Site", b"cross-site"), (b"sec-fetch-site", b"none")])
    {'sec-fetch-site': 'cross-site, none'}
    """
    found = dict[str, str]()
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def separate(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as a server hands them to its application."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def host_name(host: str) -> str:
    """The name within a `Host`, in lower case and without its port; empty if it is malformed.

    >>> host_name("LOCALHOST:8123"), host_name("127.0.0.1:1@example.org")
    ('localhost', '')
    """
    found = _HOST.fullmatch(host.lower())
    return found[1] if found else ""


def page_request(headers: Mapping[str, str]) -> str:
    """Why a request is one of a web page; empty if it is none.

    Args:
        headers: of the request, as `combined` gives them.

    >>> page_request({"host": "127.0.0.1:8123"})
    ''
    >>> page_request({"host": "127.0.0.1:8123", "sec-fetch-site": "cross-site"})
    'Sec-Fetch-Site is cross-site'
    """
    host = headers.get("host", "")
    if host_name(host) not in LOCAL:  # a name of the page's own, made to point here
        return f"the host is {host[:100]}" if host else "there is no Host"
    if "origin" in headers:
        return "there is an Origin"
    # `none`: the visitor typed the address.
    if (site := headers.get("sec-fetch-site", "none").strip().lower()) != "none":
        return f"Sec-Fetch-Site is {site[:20]}"
    return ""


def refuse_browsers(headers: Mapping[str, str]) -> None:
    """Refuse the requests of web pages, and those for other host names.

    Args:
        headers: of the request, as `combined` gives them.

    Raises:
        QueryError: the refusal.
    """
    if reason := page_request(headers):
        raise refusal(
            READONLY, f"Requests of web pages and for other host names are refused: {reason}"
        )
