"""Well-formed language tags: the grammar of BCP 47 (RFC 5646, section 2.1).

Whether a subtag is registered is not checked: the registry grows, and a verdict must not change
with it.
"""

import re
from typing import Final

MAX_TAG: Final = 64
"""Characters; the RFC asks for 35 at least."""

_IRREGULAR: Final = (
    "en-GB-oed", "i-ami", "i-bnn", "i-default", "i-enochian", "i-hak", "i-klingon", "i-lux",
    "i-mingo", "i-navajo", "i-pwn", "i-tao", "i-tay", "i-tsu", "sgn-BE-FR", "sgn-BE-NL",
    "sgn-CH-DE",
)  # fmt: skip
"""Grandfathered tags outside the grammar; regular ones such as zh-min-nan are within it."""


def _any_case(tag: str) -> str:
    return "".join(f"[{c.lower()}{c.upper()}]" if c.isalpha() else c for c in tag)


_PRIVATE: Final = "[xX](?:-[A-Za-z0-9]{1,8})+"
_LANGUAGE: Final = "(?:[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})"
_SCRIPT: Final = "(?:-[A-Za-z]{4})?"
_REGION: Final = "(?:-(?:[A-Za-z]{2}|[0-9]{3}))?"
_VARIANTS: Final = "(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"
_EXTENSIONS: Final = "(?:-[0-9A-WYZa-wyz](?:-[A-Za-z0-9]{2,8})+)*"

PATTERN: Final = (
    f"^(?:{_LANGUAGE}{_SCRIPT}{_REGION}{_VARIANTS}{_EXTENSIONS}(?:-{_PRIVATE})?"
    f"|{_PRIVATE}|{'|'.join(map(_any_case, _IRREGULAR))})$"
)
"""The grammar as an ECMA-262 pattern, which the JSON Schemas contain."""

_tag: Final = re.compile(PATTERN[1:-1]).fullmatch


def is_language_tag(text: str) -> bool:
    """Whether a text is a tag.

    >>> [is_language_tag(tag) for tag in ("fr", "pt-BR", "x-klingon", "i-klingon", "x", "i-elvish")]
    [True, True, True, True, False, False]
    """
    return len(text) <= MAX_TAG and _tag(text) is not None
