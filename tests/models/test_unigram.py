"""The tokenizer is the one of XLM-RoBERTa: best pieces, special tokens, spaces as it has them."""

import pytest
from e5_files import PIECES
from tokenizers import Tokenizer

from models.unigram import tokenizer


def tokens(text: str) -> list[str]:
    found: list[str] = Tokenizer.from_buffer(tokenizer(PIECES)).encode(text).tokens
    return found


def test_a_text_stands_between_the_special_tokens():
    assert tokens("more trees") == ["<s>", "▁more", "▁trees", "</s>"]
    assert tokens("") == ["<s>", "</s>"]


@pytest.mark.parametrize("between", ["\u200d", "\u200c", " \ufffd ", "▁", "    "])
def test_what_sentencepiece_takes_for_spaces_is_one_space(between: str):
    assert tokens(f"more{between}trees") == tokens("more trees")


def test_what_no_piece_covers_is_one_unknown_token():
    assert tokens("more 木木木 trees")[1:-1] == ["▁more", "▁", "木木木", "▁trees"]
    made = Tokenizer.from_buffer(tokenizer(PIECES))
    assert made.encode("木木木").ids.count(made.token_to_id("<unk>")) == 1


def test_pieces_without_special_tokens_are_refused():
    with pytest.raises(ValueError, match="<mask>"):
        tokenizer([piece for piece in PIECES if piece[0] != "<mask>"])
