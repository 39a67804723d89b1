r"""Texts of strangers, made fit for terminals, logs and sentences.

Three forms, each of which shows what it changes: `one_line` for titles and texts on a board,
`visible` for what has lines of its own, `printable` for what was found at a fault, in ASCII.
"""

import re
from typing import Final

LIMIT: Final = 80
"""Characters shown of what was found at a fault."""

_UNPRINTABLE: Final = re.compile(r"[^ -~]")

# What a terminal obeys (C0 but tab and newline, C1), what reorders the line (bidirectional
# controls), what shows nothing (zero-width and filler characters, tags, noncharacters) and what no
# encoding holds (surrogates).
_HIDDEN: Final = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff"
    r"\uffa0\ufff0-\ufffb\ufffe\uffff\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U0001fffe\U0001ffff\U0010fffe\U0010ffff"
)
_BLANK: Final = r" \t\n\r\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_VARIANT: Final = r"\u180b-\u180d\ufe00-\ufe0f\U000e0100-\U000e01ef"
_MARK: Final = r"\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_ESCAPED: Final = re.compile(
    # A variant or a joiner right after a letter is part of how Persian, Hindi, names in Japanese
    # and emoji are written; so are the tags that make a region's flag of the black one.
    rf"(?P<written>(?<=[^{_HIDDEN}{_BLANK}])(?:[{_VARIANT}][\u200c\u200d]?|[\u200c\u200d])"
    r"|(?<=\U0001f3f4)[\U000e0030-\U000e007a]{1,15}\U000e007f)"
    # A fifth mark on one letter belongs to no language: it climbs into the line above.
    rf"|[{_HIDDEN}]|(?<=[{_MARK}]{{4}})[{_MARK}]"
)
_BLANKS: Final = re.compile(rf"[{_BLANK}]+")


def one_line(text: str) -> str:
    r"""A title or text on one line: blanks become one space, what does not show is escaped.

    Letters of all scripts stay as they are, and so do emoji.

    >>> one_line("Trees\n\t \x1b[2J \u202egnp.exe [bold] \u043b\u0456\u0441 \u068c")
    'Trees \\u001b[2J \\u202egnp.exe [bold] ліс ڌ'
    """
    return visible(_BLANKS.sub(" ", text).strip(" "))


def visible(text: str) -> str:
    r"""The text with its lines and blanks; what a terminal obeys or does not show is escaped.

    >>> visible("one\n  two\x9b31m\ufeff")
    'one\n  two\\u009b31m\\ufeff'
    """
    return _ESCAPED.sub(lambda found: found["written"] or _escape(found), text)


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
