"""Which differences between two texts count."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.core.clusters.normalise import plain, same


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  more\t\ttrees \r\n now ", "more trees now"),
        ("cafe\u0301", "café"),
        ("ﬁne Ｔrees", "fine Trees"),
        ("So\u00adcial hou\u200bsing\ufeff", "Social housing"),
        ("one\u2028two\x00three", "one two three"),
        ("👩\u200d🌾 می\u200cخواهم", "👩\u200d🌾 می\u200cخواهم"),
        ("\ud800 lone", "lone"),
        ("e\u200b\u0301te", "éte"),
        ("", ""),
    ],
)
def test_an_encoder_reads_the_same_letters_as_the_same_text(text: str, expected: str) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("More trees", "MORE  TREES!!"),
        ("More trees", "„More trees.“"),
        ("It's time", "It’s time"),
        ("Rent cap – now", "rent cap - now…"),
        ("STRASSE", "Straße"),
        ("ΟΔΟΣ", "οδός".replace("ό", "ο")),
    ],
)
def test_case_quotes_dashes_and_final_marks_make_no_other_proposal(one: str, other: str) -> None:
    assert same(one) == same(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ban cars", "Ban cars?"),
        ("-5 % tax", "+5 % tax"),
        ("5 euros", "50 euros"),
        ("Nuclear: yes", "Nuclear: no"),
        ("peché", "péche"),
        ("C", "C++"),
        ("x < 5", "x > 5"),
    ],
)
def test_what_may_change_the_meaning_makes_another_proposal(one: str, other: str) -> None:
    assert same(one) != same(other)


@pytest.mark.parametrize("text", ["!!!", "...", '"', "?"])
def test_a_text_of_marks_alone_is_not_emptied(text: str) -> None:
    assert same(text)


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    assert same(same(text)) == same(text)
    assert same(unicodedata.normalize("NFD", text)) == same(text)
