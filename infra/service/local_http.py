"""Requests to a service's own address: never through a proxy that the environment names."""

from http.client import HTTPException
from typing import Final
from urllib.request import ProxyHandler, Request, build_opener

_STRAIGHT: Final = build_opener(ProxyHandler({}))


def fetch(request: str | Request, timeout_s: float) -> bytes | None:
    """The body of the response; None if there is none, or only an error."""
    try:
        with _STRAIGHT.open(request, timeout=timeout_s) as response:
            return bytes(response.read())
    except (OSError, HTTPException):
        return None
