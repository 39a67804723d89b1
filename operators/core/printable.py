"""Bytes of strangers, made fit for a terminal."""

import re
from typing import Final

LIMIT: Final = 80
"""Characters shown of what was found at a fault."""

_UNPRINTABLE: Final = re.compile(r"[^ -~]")


def printable(content: bytes | str, limit: int = LIMIT) -> str:
    r"""The beginning of some content in printable ASCII; nothing in it can steer a terminal.

    A letter that only looks like another one shows itself, and so does a byte that is not UTF-8.

    Args:
        content: As received.
        limit: Characters of the content to show; an ellipsis stands for the rest.

    >>> printable("\u0430gree\x1b[2J")
    '\\u0430gree\\u001b[2J'
    >>> printable(b"caf\xe9")
    'caf\\xe9'
    >>> printable("abcdef", 3)
    'abc... (6 characters)'
    """
    size, unit = len(content), "bytes" if isinstance(content, bytes) else "characters"
    head = content[:limit]
    text = head.decode(errors="backslashreplace") if isinstance(head, bytes) else head
    shown = _UNPRINTABLE.sub(_escape, text)
    return shown if size <= limit else f"{shown}... ({size} {unit})"


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004 - the plane's end
