"""An encoder that does something else than when its files were recorded is found out."""

from pathlib import Path

import msgspec
import pytest
from tiny_encoders import Tiny

from models.manifest import read, render
from models.verify import TOLERANCE, verify
from operators.core.errors import TerminalError


def recorded(folder: Path, *, off_by: float) -> Path:
    """An encoder whose recorded vector differs in one component."""
    place = Tiny(folder / "tiny").write() / "manifest.toml"
    manifest = read(place)
    test = manifest.self_test
    vector = (test.vector[0] + off_by, *test.vector[1:])
    changed = msgspec.structs.replace(
        manifest, self_test=msgspec.structs.replace(test, vector=vector)
    )
    place.write_text(render(changed))
    return place


def test_what_gives_the_recorded_vector_is_good(tmp_path):
    assert verify(Tiny(tmp_path / "tiny").write()).name == "tiny"


def test_a_rounding_difference_is_none(tmp_path):
    verify(recorded(tmp_path, off_by=TOLERANCE / 10))


def test_another_vector_is_said(tmp_path):
    with pytest.raises(TerminalError, match="another vector than was recorded"):
        verify(recorded(tmp_path, off_by=TOLERANCE * 10))


def test_without_a_recorded_vector_nothing_is_verified(tmp_path):
    place = Tiny(tmp_path / "tiny").write() / "manifest.toml"
    place.write_text(render(msgspec.structs.replace(read(place), self_test=None)))
    with pytest.raises(TerminalError, match="no self-test"):
        verify(place)
