"""What a sentence encoder costs: CPU time per text, by the number of texts in a call."""

import csv
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.encoder import Encoder
from operators.core.errors import TerminalError
from pipelines.demo.corpus import read_corpus

CALLS: Final = (1, 8, 32, 128)


@dataclass(frozen=True, slots=True)
class EncoderCost:
    """The cost of one size of a call.

    Attributes:
        call: Texts of a call.
        cpu_ms: CPU time per text, ms.
        same: Whether every vector has the bits that it has when its text is encoded alone.
    """

    call: int
    cpu_ms: float
    same: bool

    @property
    def texts_per_s(self) -> float:
        """Texts that one core encodes in a second."""
        return 1_000 / self.cpu_ms


def measure(encoder: Encoder, texts: Sequence[str]) -> list[EncoderCost]:
    """Encode the texts in calls of several sizes; CPU time hardly depends on other load.

    Each size is measured at its second use: at the first one, an encoder meets shapes of input that
    are new to it.
    """
    costs: list[EncoderCost] = []
    alone: NDArray[np.float32] | None = None
    for call in CALLS:
        pieces = [texts[start : start + call] for start in range(0, len(texts), call)]
        for piece in pieces:
            encoder.encode(piece)
        begun = time.process_time()
        vectors = np.concatenate([encoder.encode(piece) for piece in pieces])
        spent = time.process_time() - begun
        alone = vectors if alone is None else alone
        costs.append(EncoderCost(call, 1_000 * spent / len(texts), bool((vectors == alone).all())))
    return costs


def read_texts(file: Path | None, count: int) -> list[str]:
    """The first column of a CSV file without its header, or the demo's English proposals.

    Raises:
        TerminalError: The file cannot be read, or holds no texts.
    """
    if file is None:
        found = [row.text for row in read_corpus().texts if row.language == "en"]
        return list(itertools.islice(itertools.cycle(found), count))
    try:
        with file.open(newline="") as lines:
            rows = itertools.islice(csv.reader(lines), 1, count + 1)
            found = [row[0] for row in rows if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TerminalError(f"{file} cannot be read: {error}.") from None
    if not found:
        raise TerminalError(f"{file} holds no texts: its first column is read.")
    return found
