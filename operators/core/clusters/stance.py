"""Stance: whether two proposals on one subject want the same, as far as their words show it.

Encoders place "build more nuclear power plants" and "build fewer nuclear power plants" side by
side, so what is near in meaning is only ever suggested, and with this flag. A text's stance is
turned round by a negation and by each word that asks for less or for the end of something
(`stance_cues`); two of them cancel out. Rules like these miss irony, concessions and who is to
lose what: "same" says that no sign of the contrary was found.
"""

import re
from itertools import zip_longest
from typing import Final, Literal

from operators.core.clusters.language import primary
from operators.core.clusters.normalise import same
from operators.core.clusters.stance_cues import CUES, Cues

METHOD: Final = "stance/cues/1"
"""Name and version of the rule."""

Stance = Literal["same", "opposite", "unclear"]

MAX_REVERSALS: Final = 2
"""Reversals of one text that can be followed; with more its stance is unclear."""

_WORD: Final = re.compile(r"[^\W\d_]+(?:['\-][^\W\d_]+)*")
_FRENCH_NE: Final = re.compile(r"^n'|^ne$")


def stance(one: str, one_language: str, other: str, other_language: str) -> Stance:
    """How the stance of two texts compares; unclear in languages without a table.

    >>> stance("Build more nuclear plants", "en", "Build fewer nuclear plants", "en")
    'opposite'
    >>> stance("Ne pas interdire la chasse", "fr", "Do not ban hunting", "en")
    'same'
    >>> stance("Tax the rich", "en", "Tax the poor", "en")
    'unclear'
    """
    cues, other_cues = CUES.get(primary(one_language)), CUES.get(primary(other_language))
    if same(one) == same(other) and one_language == other_language:
        return "same"
    if cues is None or other_cues is None:
        return "unclear"
    words, other_words = _words(one), _words(other)
    turns, other_turns = _turns(words, cues), _turns(other_words, other_cues)
    if max(turns, other_turns) > MAX_REVERSALS:
        return "unclear"
    if turns % 2 != other_turns % 2:
        return "opposite"
    if cues is other_cues and _contrary(set(words), set(other_words), cues):
        return "unclear"
    return "same"


def _words(text: str) -> list[str]:
    return _WORD.findall(same(text))


def _turns(words: list[str], cues: Cues) -> int:
    """How often a text reverses its stance."""
    denied = any(
        word in cues.negations and following not in cues.only
        for word, following in zip_longest(words, words[1:], fillvalue="")
    )
    if cues is CUES["fr"] and "plus" in words and any(map(_FRENCH_NE.match, words)):
        denied = True  # "ne … plus" means "no longer", "plus" alone means "more"
    return denied + sum(_against(word, cues) for word in words)


def _against(word: str, cues: Cues) -> bool:
    return word in cues.against or any(
        f"{word[:length]}*" in cues.against for length in range(3, len(word) + 1)
    )


def _contrary(one: set[str], other: set[str], cues: Cues) -> bool:
    """Whether one text has a word, and the other its contrary instead."""
    only_one, only_other = one - other, other - one
    return any(
        (left in only_one and right in only_other) or (right in only_one and left in only_other)
        for left, right in cues.contraries
    )
