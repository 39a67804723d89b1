"""The words of a statement, as its checks look at them."""

import re
from dataclasses import dataclass
from typing import Final

from infra.chdb_http.statement import tokens

_ESCAPED = re.compile(r"\\(x[0-9A-Fa-f]{2}|.)|''", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0", "a": "\a",
                   "v": "\v", "e": "\x1b", "N": ""}  # fmt: skip
_HEXADECIMAL: Final = 3


@dataclass(frozen=True, slots=True)
class Word:
    """A token: as it stands there, as a name without quotes, and how deep in parentheses."""

    text: str
    name: str
    depth: int


def tokenized(sql: str) -> list[Word]:
    """The tokens of a statement, without space and comments.

    >>> [(word.name, word.depth) for word in tokenized("f(`a b`, 'c')")]
    [('f', 0), ('(', 0), ('a b', 1), (',', 1), ("'c'", 1), (')', 0)]
    """
    raw = sql.encode()
    texts = ((raw[token.start : token.end], token.depth) for token in tokens(raw))
    return [_word(text.decode(errors="replace"), depth) for text, depth in texts]


def _word(text: str, depth: int) -> Word:
    return Word(text, unquoted(text) if text[:1] in {"`", '"'} else text, depth)


def unquoted(text: str) -> str:
    r"""What a quoted text says.

    >>> unquoted(r"'it\'s \x41'"), unquoted("$tag$it's$tag$")
    ("it's A", "it's")
    """
    if text[0] == "$":
        return text[text.index("$", 1) + 1 : text.rindex("$", 0, -1)]
    return _ESCAPED.sub(_meant, text[1:-1])


def _meant(found: re.Match[str]) -> str:
    escape = found[1]
    if escape is None:
        return "'"
    hexadecimal = len(escape) == _HEXADECIMAL
    return chr(int(escape[1:], 16)) if hexadecimal else _ESCAPES.get(escape, escape)
