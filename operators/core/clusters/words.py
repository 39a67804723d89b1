"""The words of a text that tell what it is about."""

import re
from functools import cache
from typing import Final

from stopwordsiso import has_lang, stopwords

from operators.core.clusters.language import primary
from operators.core.clusters.normalise import plain

METHOD: Final = "words/1"
"""Name and version of the rule."""

MIN_LETTERS: Final = 2
MAX_LETTERS: Final = 40
"""Longest word, letters."""

_WORD: Final = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")  # noqa: RUF001 - the apostrophe of print
_ELISION: Final = re.compile(
    r"^(?:[a-zàâçéèêëîïôûù]{1,2}|qu|[a-z]{3,5}l|un|jusqu|lorsqu|puisqu|quest|quell|sant)'"
)
ELIDING: Final = frozenset({"ca", "fr", "ga", "it", "mt"})
"""Languages that write an article or preposition and its noun as one: l'acqua, d'eau, l-Ewropa."""


def words(text: str, language: str) -> tuple[str, ...]:
    """A text's words in order, in lower case, without stop words and numbers; words may repeat.

    Words are runs of letters, whatever the script, joined by apostrophe or hyphen. Texts without
    spaces between words (Chinese, Japanese, Thai) come as their phrases. A language without a list
    of stop words, or an unknown one, keeps them all: what every cluster says weighs little.

    >>> words("L'énergie : plus d'éoliennes pour l'Europe !", "fr")
    ('énergie', 'éoliennes', 'europe')
    """
    code = primary(language)
    ignored = _ignored(code)
    found = []
    for written in _WORD.findall(plain(text).lower()):
        word = written.replace("’", "'")  # noqa: RUF001
        if word in ignored:
            continue
        if code in ELIDING:
            word = _without_article(word, code)
        if MIN_LETTERS <= len(word) <= MAX_LETTERS and word not in ignored and not word.isdigit():
            found.append(word)
    return tuple(found)


def distinct_words(text: str, language: str) -> tuple[str, ...]:
    """The same, each word once.

    >>> distinct_words("Trees, more trees", "en")
    ('trees',)
    """
    return tuple(dict.fromkeys(words(text, language)))


def _without_article(word: str, code: str) -> str:
    if code == "mt":
        article, hyphen, noun = word.partition("-")
        return noun if hyphen and len(article) <= 4 else word  # noqa: PLR2004 - il-, tal-, mill-
    return _ELISION.sub("", word)


@cache
def _ignored(code: str) -> frozenset[str]:
    return frozenset(stopwords(code)) if code and has_lang(code) else frozenset()
