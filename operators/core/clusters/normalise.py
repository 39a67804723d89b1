"""Normal forms of a text: one for encoders, one by which two proposals are the same."""

import re
import unicodedata
from typing import Final

METHOD: Final = "nfkc-1"
"""Name and version of both rules: raise it when either changes, because vectors are kept under it.

Sources: Unicode Standard Annex 15 (NFKC) and chapter 3.13 (case folding).
"""

_JOINERS: Final = "\u200c\u200d"
"""Format characters that carry meaning: in Persian and Indic writing, and in emoji."""

_SAME: Final = str.maketrans(
    dict.fromkeys("‘’‚‛`´", "'") | dict.fromkeys("“”„‟«»", '"') | dict.fromkeys("‐‑‒–—−", "-")  # noqa: RUF001
)
_AROUND: Final = re.compile(r'^["\' ]+|[."\' !]+$')


def plain(text: str) -> str:
    r"""The text as an encoder reads it: the same letters are the same code points.

    NFKC; invisible format characters go, control characters and line breaks become spaces, runs
    of spaces one. Upper and lower case stay, because some encoders tell them apart. What a cache
    keeps vectors under is this text, so texts that differ only here share a vector.

    >>> plain("  More\u00a0trees,\n please \ufeff")
    'More trees, please'
    """
    folded = unicodedata.normalize("NFKC", text)
    if not folded.isprintable():
        # NFKC again: letters that an invisible character kept apart may now compose.
        folded = unicodedata.normalize("NFKC", "".join(map(_visible, folded)))
    return " ".join(folded.split())


def same(text: str) -> str:
    """The form in which two proposals are duplicates of each other.

    As `plain`, without case, with one kind of quotation mark, apostrophe and dash, and without
    full stops, exclamation marks and quotation marks at its ends. A question mark stays, as do
    signs and numbers: "Ban cars?" is not "Ban cars", and "-5 %" is not "+5 %". Accents stay.

    >>> same("“More TREES – now!”")
    'more trees - now'
    """
    folded = unicodedata.normalize("NFKC", plain(text).casefold()).translate(_SAME)
    return _AROUND.sub("", folded) or folded


def _visible(character: str) -> str:
    if character in _JOINERS:
        return character
    category = unicodedata.category(character)
    if category == "Cf":
        return ""
    return " " if category in {"Cc", "Cs", "Zl", "Zp"} else character
