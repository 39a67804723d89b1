"""Verification: an encoder computes the vector that was recorded with its files."""

from pathlib import Path
from typing import Final

import numpy as np

from models.load import load
from models.manifest import Manifest, read
from operators.core.errors import TerminalError

TOLERANCE: Final = 1e-4
"""Largest difference of a component: another processor rounds at 1e-7, another model is off by
0.01 and more."""


def verify(place: Path) -> Manifest:
    """Compare checksums, then encode the recorded text and compare its vector.

    Raises:
        TerminalError: A checksum or the vector differs, or none is recorded.
    """
    manifest, encoder = read(place), load(place)
    if manifest.self_test is None:
        raise TerminalError(
            f"{place} has no self-test: add one with tutti models verify --record {place}."
        )
    [vector] = encoder.encode([manifest.self_test.text])
    recorded = np.array(manifest.self_test.vector)
    difference = float(np.abs(vector[: len(recorded)] - recorded).max())
    if not difference <= TOLERANCE:
        raise TerminalError(
            f"{manifest.name} gives another vector than was recorded (by {difference:.2g}): "
            "compare the versions of onnxruntime and tokenizers with requirements/runtime.lock."
        )
    return manifest
