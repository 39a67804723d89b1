"""The language of a proposal: the declared one, otherwise the one recognised from its text."""

from functools import cache
from typing import Final

from py3langid.langid import MODEL_FILE, LanguageIdentifier

METHOD: Final = "py3langid-1"
"""Name and version of the rule.

Source: Lui and Baldwin, "langid.py: An Off-the-shelf Language Identification Tool", ACL 2012; the
library normalises its probabilities by the square root of the text's bytes.
"""

MIN_LETTERS: Final = 6
"""Shorter texts ("Nej", "NATO") say too little."""

MIN_PROBABILITY: Final = 0.5
"""Below it the language is unknown: the likeliest is more likely wrong than right there."""

# fmt: off
EUROPEAN_UNION: Final = (
    "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr", "hu",
    "it", "lt", "lv", "mt", "nl", "pl", "pt", "ro", "sk", "sl", "sv",
)
# fmt: on
"""The 24 official languages of the European Union."""

# fmt: off
OTHERS: Final = (
    "ar", "be", "ca", "cy", "eu", "fa", "gl", "he", "hi", "is", "ja", "ko", "lb",
    "mk", "no", "ru", "sq", "sr", "ta", "th", "tr", "uk", "ur", "vi", "zh",
)
# fmt: on
"""Further languages that are recognised. Bosnian is none: its short texts equal Croatian ones."""

UNDECLARED: Final = frozenset({"und", "mul", "zxx", "mis"})
"""Tags that name no language (ISO 639-2)."""


def language_of(text: str, declared: str = "") -> str:
    """The language as a BCP 47 tag; empty when it is unknown.

    A declared tag is believed and kept whole, with the usual letter case. The same text
    always gives the same answer.

    >>> language_of("Mehr Radwege in der Stadt")
    'de'
    >>> language_of("Mehr Radwege in der Stadt", declared="DE-at")
    'de-AT'
    >>> language_of("ok")
    ''
    """
    if declared and primary(declared) not in UNDECLARED:
        return _usual_case(declared)
    if sum(map(str.isalpha, text)) < MIN_LETTERS:
        return ""
    language, probability = _identifier().classify(text)
    return language if probability >= MIN_PROBABILITY else ""


def primary(tag: str) -> str:
    """The language without region and script, lower case: the key of the lists of stop words.

    >>> primary("pt-BR")
    'pt'
    """
    return tag.partition("-")[0].lower()


def _usual_case(tag: str) -> str:
    """Letter case as RFC 5646, section 2.1.1, recommends: zh-Hant-TW."""
    first, *rest = tag.lower().split("-")
    cased = [first]
    for part in rest:
        after_singleton = len(cased[-1]) == 1
        if len(part) == 2 and not after_singleton:  # noqa: PLR2004 - a region
            cased.append(part.upper())
        elif len(part) == 4 and not after_singleton:  # noqa: PLR2004 - a script
            cased.append(part.title())
        else:
            cased.append(part)
    return "-".join(cased)


@cache
def _identifier() -> LanguageIdentifier:
    """Load the recogniser at first use, because that takes half a second."""
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages((*EUROPEAN_UNION, *OTHERS))
    return identifier
