"""The tokenizer of XLM-RoBERTa as a file of the ``tokenizers`` library, from its pieces.

Source: Kudo, "Subword Regularization: Improving Neural Network Translation Models with Multiple
Subword Candidates", 2018 (unigram language model); SentencePiece's rule ``nmt_nfkc``.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

FIRST, PADDING, LAST, UNKNOWN, MASK = "<s>", "<pad>", "</s>", "<unk>", "<mask>"
SPACE: Final = "\u2581"

_AS_SPACE: Final = f"[\u200c\u200d\ufffd{SPACE}]"
"""What ``nmt_nfkc`` still changes in a text of which `operators.core.clusters.normalise.plain` has
made NFKC without invisible characters: each of these becomes a space."""


def tokenizer(pieces: Sequence[tuple[str, float]]) -> bytes:
    """The file's content.

    Args:
        pieces: Pieces with the logarithm of their probability; a piece's place is its number.

    Raises:
        ValueError: A special token is not among the pieces.
    """
    number = {piece: place for place, (piece, _) in enumerate(pieces)}
    specials = (FIRST, PADDING, LAST, UNKNOWN, MASK)
    if missing := [token for token in specials if token not in number]:
        raise ValueError(f"the tokenizer has no {', '.join(missing)}")
    content: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": number[token],
                "content": token,
                "special": True,
                **dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False),
            }
            for token in sorted(specials, key=lambda token: number[token])
        ],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [_replace(_AS_SPACE), _replace(" {2,}")],
        },
        "pre_tokenizer": {
            "type": "Metaspace",
            "replacement": SPACE,
            "prepend_scheme": "always",
            "split": True,
        },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [_special(FIRST), _sequence("A", 0), _special(LAST)],
            "pair": [_special(FIRST), _sequence("A", 0), _sequence("B", 1), _special(LAST)],
            "special_tokens": {
                token: {"id": token, "ids": [number[token]], "tokens": [token]}
                for token in (FIRST, LAST)
            },
        },
        "decoder": None,
        "model": {
            "type": "Unigram",
            "unk_id": number[UNKNOWN],
            "byte_fallback": False,
            "vocab": [list(piece) for piece in pieces],
        },
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _replace(pattern: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": {"Regex": pattern}, "content": " "}


def _special(token: str) -> dict[str, Any]:
    return {"SpecialToken": {"id": token, "type_id": 0}}


def _sequence(name: str, kind: int) -> dict[str, Any]:
    return {"Sequence": {"id": name, "type_id": kind}}
