"""Which encoder a consultation has: the named one, the one for English, or the default."""

import pytest

from models.choice import ENGLISH, MULTILINGUAL, encoder_for

HERE = {ENGLISH, MULTILINGUAL, "other"}


@pytest.mark.parametrize(
    ("languages", "wanted", "found"),
    [
        (["en"], "", ENGLISH),
        (["en-GB", "EN", "en-IE"], "", ENGLISH),
        (["en", "fr"], "", MULTILINGUAL),
        (["eng-US"], "", MULTILINGUAL),  # a tag of three letters where BCP 47 has one of two
        (["ja"], "", MULTILINGUAL),
        ([], "", MULTILINGUAL),
        (["en"], "other", "other"),
        ([], ENGLISH, ENGLISH),
        (["en"], "unheard-of", ENGLISH),
        (["fr"], "unheard-of", MULTILINGUAL),
    ],
)
def test_the_rule(languages, wanted, found):
    assert encoder_for(languages, wanted, HERE, MULTILINGUAL) == found


def test_without_the_encoder_for_english_the_default_serves_all():
    assert encoder_for(["en"], "", {"other"}, "other") == "other"
