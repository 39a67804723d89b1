"""The pattern of language tags is one, in the rules and in the published schemas."""

from collections.abc import Callable

import pytest
from jsonschema import Draft202012Validator

from schemas.languages import MAX_TAG, PATTERN, is_language_tag

Published = Callable[[str], Draft202012Validator]


@pytest.mark.parametrize("event", ["proposal", "accepted-proposal", "assignment"])
def test_the_published_schemas_have_the_pattern_of_the_rules(
    event: str, published: Published
) -> None:
    language = published(event).schema["properties"]["language"]
    assert language["maxLength"] == MAX_TAG
    assert language["pattern"] in {PATTERN, f"^$|{PATTERN}"}


# RFC 5646, appendix A, and section 2.2.8.
@pytest.mark.parametrize(
    "tag",
    [
        *("de", "fr", "ja", "i-enochian", "zh-Hant", "zh-Hans", "sr-Cyrl", "sr-Latn"),
        *("zh-cmn-Hans-CN", "cmn-Hans-CN", "zh-yue-HK", "yue-HK", "zh-Hans-CN", "sr-Latn-RS"),
        *("sl-rozaj", "sl-rozaj-biske", "sl-nedis", "de-CH-1901", "sl-IT-nedis"),
        *("hy-Latn-IT-arevela", "de-DE", "en-US", "es-419", "de-CH-x-phonebk"),
        *("az-Arab-x-AZE-derbend", "x-whatever", "qaa-Qaaa-QM-x-southern", "de-Qaaa", "sr-Latn-QM"),
        *("sr-Qaaa-RS", "en-US-u-islamcal", "zh-CN-a-myext-x-private"),
        *("en-a-myext-b-another", "art-lojban", "cel-gaulish", "no-bok", "no-nyn", "zh-guoyu"),
        *("zh-hakka", "zh-min", "zh-min-nan", "zh-xiang", "en-GB-oed", "sgn-BE-NL", "i-tsu"),
    ],
)
def test_tags_of_the_rfc_are_tags_in_any_letter_case(tag: str) -> None:
    assert is_language_tag(tag)
    assert is_language_tag(tag.upper())
    assert is_language_tag(tag.lower())


@pytest.mark.parametrize("tag", ["de-419-DE", "a-DE", "ar-a", "x", "i", "i-none", "", "de_DE"])
def test_what_the_rfc_calls_no_tag_is_none(tag: str) -> None:
    assert not is_language_tag(tag)
