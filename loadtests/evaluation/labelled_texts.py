"""Texts with the topics that people gave them: Banking77 and CLINC150, their test parts."""

import csv
import json
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from infra.config.folders import CHECKOUT
from operators.core.errors import TerminalError

FOLDER: Final = CHECKOUT.parent / "shared" / "data" / "text"
FILES: Final = {"banking77": "banking77_test.csv", "clinc150": "clinc150_full.json"}


class LabelledTexts(msgspec.Struct, frozen=True):
    """Texts, and the topic of each in the same order."""

    name: str
    texts: list[str]
    topics: list[str]


def read(folder: Path, name: str) -> LabelledTexts:
    """The test part of a data set, rows in the order of ``default_rng(0).permutation``.

    Raises:
        TerminalError: The file is missing.
    """
    path = folder / FILES[name]
    if not path.is_file():
        raise TerminalError(f"{path} is missing: give the folder of the data sets with --data.")
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            pairs = [(row["text"], row["category"]) for row in csv.DictReader(file)]
        else:
            pairs = [(text, topic) for text, topic in json.load(file)["test"]]
    order = np.random.default_rng(0).permutation(len(pairs)).tolist()
    return LabelledTexts(name, [pairs[at][0] for at in order], [pairs[at][1] for at in order])


def many(folder: Path, number: int) -> list[str]:
    """`number` different texts: all data sets, repeated with another ending each time."""
    base = [text for name in FILES for text in read(folder, name).texts]
    return [
        text if turn == 0 else f"{text}, in district {turn}"
        for turn in range(1 + number // len(base))
        for text in base
    ][:number]
