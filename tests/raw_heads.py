"""Heads of requests as no client library sends them, and what each server of ours answers."""

import contextlib
import socket
from dataclasses import dataclass

PATIENCE_S = 300

PAGES = (
    # Of two headers of one name neither hides the other.
    ("Host: {own}", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: none"),
    ("Host: {own}", "Sec-Fetch-Site: none", "sec-fetch-site: cross-site"),
    ("Host: {own}", "Sec-Fetch-Site: none", "SEC-FETCH-SITE: none"),
    ("Host: {own}", "Host: evil.example"),
    ("Host: evil.example", "Host: {own}"),
    ("Host: {own}", "Host: {own}"),
    # What is no host name.
    ("Host: 127.0.0.1:1@evil.example",),
    ("Host: evil.example@127.0.0.1:1",),
    ("Host: 127.0.0.1:1:1",),
    ("Host: 127.0.0.1:",),
    ("Host: 127.0.0.1:port",),
    ("Host: 127.0.0.1/:1",),
    ("Host: 127.0.0.1#:1",),
    ("Host: 127.0.0.1, evil.example",),
    ("Host: [::1",),
    ("Host: [::1]evil.example",),
    ("Host: localhost.evil.example",),
    ("Host: :8123",),
    ("Host:",),
    (),
)
"""Headers of requests that every server refuses; `{own}` is its own address."""
ORIGINS = (
    ("Host: {own}", "Origin: http://{own}"),
    ("Host: {own}", "Origin: http://{own}", "Origin: https://evil.example"),
    ("Host: {own}", "Origin:"),
)
"""Those that servers without pages refuse."""


@dataclass(frozen=True)
class RawReply:
    status: int
    headers: dict[str, str]
    body: bytes


def speak(port: int, first: str, *headers: str, body: bytes = b"") -> RawReply:
    """Send this head as it stands; the answer, of which headers have names in lower case."""
    own = f"127.0.0.1:{port}"
    lines = [first, *(line.format(own=own) for line in headers), "Connection: close", "", ""]
    out = b""
    client = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
    with client, contextlib.suppress(OSError):
        client.sendall("\r\n".join(lines).encode() + body)
        while data := client.recv(65536):
            out += data
    head, _, rest = out.partition(b"\r\n\r\n")
    begun, *named = head.decode("latin-1").split("\r\n")
    pairs = (line.split(":", 1) for line in named)
    found = {name.lower(): value.strip() for name, value in pairs}
    return RawReply(int(begun.split(" ")[1]), found, rest)
