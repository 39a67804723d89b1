"""Words stand in a statement as they are named, with escapes and quotes undone."""

import pytest

from infra.chdb_http.policy.named_tokens import tokenized, unquoted


@pytest.mark.parametrize(
    ("quoted", "plain"),
    [(r"'it\'s'", "it's"), ("'it''s'", "it's"), (r"`Date\x54ime`", "DateTime"), ('"a b"', "a b"),
     (r"'a\\b\n'", "a\\b\n"), ("$$it's$$", "it's"), ("''", "")],
)  # fmt: skip
def test_a_quoted_text_says_what_the_engine_reads(quoted, plain):
    assert unquoted(quoted) == plain


def test_comments_are_no_words_and_quotes_no_part_of_a_name():
    found = tokenized('f(`a b`, x."c") // \'\n -- y\n /* z */')
    assert [word.name for word in found] == ["f", "(", "a b", ",", "x", ".", "c", ")"]
    assert [word.depth for word in found] == [0, 0, 1, 1, 1, 1, 1, 0]


def test_half_a_letter_is_no_error():
    assert [word.text for word in tokenized("é")] == ["�", "�"]
