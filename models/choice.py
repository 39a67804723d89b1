"""Which sentence encoder a consultation is clustered with.

One consultation has one encoder, because vectors of two of them cannot be compared. In English the
encoder for English is better and cheaper; in any other language it sees letters, not meaning.
"""

from collections.abc import Container, Sequence
from typing import Final

ENGLISH: Final = "all-minilm-l6-v2"
"""The encoder of consultations in English alone."""

MULTILINGUAL: Final = "multilingual-e5-small"
"""The default one, for all others and for those of which nothing is known yet."""


def encoder_for(
    languages: Sequence[str], wanted: str, installed: Container[str], default: str
) -> str:
    """The name of a consultation's encoder.

    Args:
        languages: Those of the consultation, BCP 47; none: not given.
        wanted: The encoder that it names; empty: none.
        installed: Names of the encoders that are here.
        default: The one for everything but English.

    >>> here = {"all-minilm-l6-v2", "multilingual-e5-small"}
    >>> encoder_for(["en-GB", "EN"], "", here, MULTILINGUAL)
    'all-minilm-l6-v2'
    >>> encoder_for(["en", "fr"], "", here, MULTILINGUAL), encoder_for([], "", here, MULTILINGUAL)
    ('multilingual-e5-small', 'multilingual-e5-small')
    >>> encoder_for(["en"], "multilingual-e5-small", here, MULTILINGUAL)
    'multilingual-e5-small'
    >>> encoder_for(["fr"], "not-installed", here, MULTILINGUAL)
    'multilingual-e5-small'
    """
    if wanted and wanted in installed:
        return wanted
    english = languages and all(tag.partition("-")[0].lower() == "en" for tag in languages)
    return ENGLISH if english and ENGLISH in installed else default
