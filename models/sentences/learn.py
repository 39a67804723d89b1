"""Learns an encoder's language directions from translations of the same contents.

``python -m models.sentences.learn MODEL`` does it for the manifest of an encoder that is here: it
writes the directions beside the repository's manifest of the same name and prints the manifest's
table. Afterwards the manifest's self-test has to be recorded anew.
"""

import sys
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.directions import write
from models.encoder import Encoder
from models.export import template
from models.load import content
from models.manifest import path_of, read
from models.onnx_encoder import OnnxEncoder

FOLDER: Final = Path(__file__).parent

NUMBER: Final = 16
"""How many directions are taken away: at most one less than there are languages. On 24 languages of
SIB-200, 8 leave neighbours by language, and more gain little."""

DECIMALS: Final = 6
"""Of a component: what processors compute differently is not kept."""

Translations = dict[str, list[str]]
"""Language → sentences; the same place is the same content."""


def translations(folder: Path = FOLDER) -> Translations:
    """Read the sentences.

    Raises:
        ValueError: A language has more sentences than another.
    """
    found = {path.stem: path.read_text().splitlines() for path in sorted(folder.glob("*.txt"))}
    if len({len(sentences) for sentences in found.values()}) != 1:
        raise ValueError(f"the files of {folder} have different numbers of lines")
    return found


def digest(texts: Translations) -> str:
    """What stands in a manifest for the sentences from which its directions were learnt."""
    return sha256(msgspec.json.encode(sorted(texts.items()))).hexdigest()[:12]


def directions(means: NDArray[np.float64], number: int = NUMBER) -> NDArray[np.float32]:
    """The main directions (number, dimension) in which languages differ, the greatest first.

    Args:
        means: Mean vector of each language, over the same contents (languages, dimension).
        number: How many directions.
    """
    found = np.linalg.svd(means - means.mean(axis=0), full_matrices=False)[2][:number]
    # A direction and its opposite are the same: the largest component is to be positive.
    largest = np.take_along_axis(found, np.abs(found).argmax(axis=1)[:, None], axis=1)
    turned: NDArray[np.float32] = (found * np.sign(largest)).round(DECIMALS).astype(np.float32)
    return turned


def learn(encoder: Encoder, texts: Translations, number: int = NUMBER) -> NDArray[np.float32]:
    """The language directions of an encoder that takes none away itself."""
    means = [
        encoder.encode(sentences).mean(axis=0, dtype=np.float64) for sentences in texts.values()
    ]
    return directions(np.array(means), number)


def bare(place: Path) -> OnnxEncoder:
    """The encoder of a manifest as it is without its language directions.

    Raises:
        TerminalError: A file is missing, is not the recorded one, or cannot be used.
    """
    path = path_of(place)
    manifest = msgspec.structs.replace(read(path), directions=None)
    return OnnxEncoder(manifest, content(path, manifest.onnx), content(path, manifest.tokenizer))


def main(place: Path) -> None:
    """Learn the directions of an encoder, write their file and print the manifest's table."""
    texts = translations()
    name = read(path_of(place)).name
    made = write(learn(bare(place), texts))
    file = template(name).with_name(f"{name}.directions.npy")
    file.write_bytes(made)
    sys.stdout.write(
        f'[directions]\nfile = "{file.name}"\nsha256 = "{sha256(made).hexdigest()}"\n'
        f'learnt_from = "{digest(texts)}"\n'
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
