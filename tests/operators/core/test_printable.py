"""Texts of strangers: nothing steers a terminal, nothing is lost, every script stays readable."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.core.printable import one_line, printable, visible

PREPENDED = {*map(chr, range(0x600, 0x606)), *"\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"}
"""Format characters that show themselves: marks of numbers in Arabic and the like."""
FILLERS = set("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters and marks that show nothing."""
VARIANTS = {
    *map(chr, range(0xFE00, 0xFE10)),
    *map(chr, range(0xE0000, 0xE1000)),
    *"\u180b\u180c\u180d\u180f",
}
"""They choose a form of the letter before them; elsewhere they show nothing."""
INVISIBLE = FILLERS | VARIANTS


def acts(character: str) -> bool:
    """Whether a terminal would obey it or show nothing, by the tables of Unicode."""
    kind = unicodedata.category(character)
    return (
        kind in {"Cc", "Cf", "Cs", "Zl", "Zp"} and character not in PREPENDED
    ) or character in INVISIBLE


def test_every_character_that_acts_is_escaped_and_every_other_stays():
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if character in {"\n", "\t"}:
            assert visible(character) == character
        elif acts(character):
            shown = visible(character)
            assert shown.isascii(), hex(code)
            assert shown.lower() in {f"\\u{code:04x}", f"\\u{code:08x}"}, hex(code)
        elif unicodedata.category(character) not in {"Cn", "Co"}:
            assert visible(character) == character, hex(code)


@pytest.mark.parametrize(
    "text",
    [
        "Büros für alle – „später“ 100 %", "Ліс і річка", "می‌خواهم", "क्‍ष", "ที่ดินเพื่อชุมชน",
        "በከተማው ውስጥ", "ការជំនុំ", "დავრგოთ", "葛󠄀城", "👩‍👩‍👧‍👦🏳️‍🌈🇪🇺", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "שָׁלוֹם", "﷽",
        "Mobility [/b] budget", ":smile: \\u0041 {x} %s",
    ],
)  # fmt: skip
def test_what_people_write_stays_as_it_is(text):
    assert one_line(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Trees \x1b[2J\x1b]0;owned\x07", "Trees \\u001b[2J\\u001b]0;owned\\u0007"),
        ("a\u202egnp.exe\u202c", "a\\u202egnp.exe\\u202c"),
        ("\x9b31m red \x00", "\\u009b31m red \\u0000"),
        ("one\r\ntwo\u2028three\u00a0four\t\tfive", "one two three four five"),
        ("\u200dzero\u200b width\ufeff", "\\u200dzero\\u200b width\\ufeff"),
        ("a\u200d\u200d\u200db", "a\u200d\\u200d\\u200db"),
        ("e\u0301\u0302\u0303\u0304\u0305\u0306", "e\u0301\u0302\u0303\u0304\\u0305\\u0306"),
        ("\ud800 alone", "\\ud800 alone"),
        ("x\U000e0041\U000e0042", "x\\U000e0041\\U000e0042"),
        ("   ", ""),
    ],
)
def test_what_acts_is_shown_on_one_line(text, shown):
    assert one_line(text) == shown


def test_lines_and_columns_of_a_table_stay_but_no_return_to_their_beginning():
    assert visible("┌─┐\n│a│\tb\r│") == "┌─┐\n│a│\tb\\u000d│"


@given(st.text())
def test_no_word_is_lost_and_nothing_acts_in_what_is_shown(text):
    shown = one_line(text)
    assert "\n" not in shown
    shown.encode()  # no surrogate is left
    for word in "".join(" " if acts(c) or c.isspace() else c for c in text).split():
        if not any(unicodedata.combining(c) for c in word):
            assert word in shown
    for before, character in zip(" " + shown, shown, strict=False):
        written = character in VARIANTS or character in "\u200c\u200d"
        assert not acts(character) or (written and before != " ")


def test_a_fault_is_shown_in_ascii():
    assert printable("аgree\u202e") == "\\u0430gree\\u202e"
