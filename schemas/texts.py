"""Which characters a text or a title may hold.

Characters are rejected that would change the page, terminal or file around the text. Control
characters other than newline and tab: a terminal obeys them, XML and spreadsheets cannot hold
them. Directional overrides (U+202D, U+202E): they show letters in another order than the one that
is stored, so that people vote on something else than what is written. Embeddings and isolates
that are not closed, or closed without being opened: their effect leaves the text and turns around
what a page, a table or a log shows beside it, because it ends at the end of the paragraph only
(Unicode Standard Annex 9). Right-to-left texts need marks (U+200E, U+200F, U+061C) and closed
embeddings and isolates: these are accepted.
"""

import re
from collections.abc import Iterator
from typing import Final

_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]").search
_OVERRIDE: Final = re.compile("[\u202d\u202e]").search
_DIRECTION: Final = re.compile("[\u202a-\u202c\u2066-\u2069\n\u2029]")

_EMBEDDINGS: Final = "\u202a\u202b"
_ISOLATES: Final = "\u2066\u2067\u2068"
_END_OF_EMBEDDING: Final = "\u202c"
_END_OF_ISOLATE: Final = "\u2069"
_LINE_ENDS: Final = "\n\u2029"


def text_fault(text: str) -> str | None:
    r"""The fault of a text, with the place of its first forbidden character; None: no fault.

    >>> text_fault("Plant trees.\n\tEverywhere.") is None
    True
    >>> text_fault("Trees \x1b[2J")
    'no control character but newline and tab: U+001B at character 7'
    """
    for expected, position in _faults(text):
        return f"{expected}: U+{ord(text[position]):04X} at character {position + 1}"
    return None


def _faults(text: str) -> Iterator[tuple[str, int]]:
    control = _CONTROL(text)
    if control:
        yield "no control character but newline and tab", control.start()
    override = _OVERRIDE(text)
    if override:
        yield "no override of the direction of writing", override.start()
    unclosed = _unclosed(text)
    if unclosed is not None:
        yield "embeddings and isolates closed in turn, each on its line", unclosed


def _unclosed(text: str) -> int | None:
    """The place of a character whose counterpart is missing on its line."""
    opened: list[int] = []
    for found in _DIRECTION.finditer(text):
        character = found[0]
        if character in _LINE_ENDS:
            if opened:
                break
        elif character in _EMBEDDINGS + _ISOLATES:
            opened.append(found.start())
        else:
            wanted = _EMBEDDINGS if character == _END_OF_EMBEDDING else _ISOLATES
            if not opened or text[opened.pop()] not in wanted:
                return found.start()
    return opened[-1] if opened else None
