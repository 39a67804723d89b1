"""Which characters of Unicode a text may hold: every one of them is asked."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.texts import text_fault

SURROGATES = range(0xD800, 0xE000)


def test_of_all_characters_those_that_act_alone_are_refused_and_no_other() -> None:
    refused = {
        chr(code)
        for code in range(sys.maxunicode + 1)
        if code not in SURROGATES and text_fault(f"a{chr(code)}b")
    }
    controls = {chr(c) for c in range(0xA0) if unicodedata.category(chr(c)) == "Cc"} - {"\n", "\t"}
    directions = {
        chr(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.bidirectional(chr(code))
        in {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}
    }
    assert refused == controls | directions
    assert len(refused) == 63 + 9


@given(st.text("ab\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069\n"))
def test_what_is_accepted_never_reaches_what_stands_behind_it(text: str) -> None:
    """By the algorithm's own rules (X1 to X8): at the end of each line nothing is open."""
    if text_fault(text):
        return
    for line in text.split("\n"):
        stack = []
        for letter in line:
            kind = unicodedata.bidirectional(letter)
            if kind in {"LRE", "RLE", "LRI", "RLI", "FSI"}:
                stack.append(kind)
            elif kind == "PDF":
                assert stack.pop() in {"LRE", "RLE"}
            elif kind == "PDI":
                assert stack.pop() in {"LRI", "RLI", "FSI"}
        assert not stack


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("\u05d0\u2067\u05d1\u2069", None),
        ("a\r\n", "no control character but newline and tab: U+000D at character 2"),
        ("ab\u202e", "no override of the direction of writing: U+202E at character 3"),
        ("\u2066", "embeddings and isolates closed in turn, each on its line: U+2066 at char"),
    ],
)
def test_a_fault_says_what_is_expected_and_where_it_is_broken(text: str, fault: str | None) -> None:
    found = text_fault(text)
    assert found == fault if fault is None else str(found).startswith(fault)
