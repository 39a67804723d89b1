"""Language directions are taken away, row by row, and what are none is refused."""

import io
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tiny_encoders import Tiny

from models.directions import read, without, write
from models.export import record
from models.load import load
from models.manifest import Directions, render
from models.manifest import read as read_manifest
from operators.core.errors import TerminalError


def ways(number: int, dimension: int) -> np.ndarray:
    draws = np.random.default_rng(2).normal(size=(dimension, number))
    return np.linalg.qr(draws)[0].T.astype(np.float32)


def test_what_is_left_has_no_share_of_the_directions():
    vectors = np.random.default_rng(3).normal(size=(50, 12)).astype(np.float32)
    left = without(vectors, ways(4, 12))
    np.testing.assert_allclose(left @ ways(4, 12).T, 0, atol=1e-5)
    np.testing.assert_allclose(without(left, ways(4, 12)), left, atol=1e-5)


def test_a_rows_bits_do_not_depend_on_its_neighbours_or_on_where_it_lies():
    vectors = np.random.default_rng(4).normal(size=(33, 384)).astype(np.float32)
    together = without(vectors, ways(16, 384))
    for row in range(len(vectors)):
        moved = np.empty(384 + row % 7, np.float32)[row % 7 :]
        moved[:] = vectors[row]
        np.testing.assert_array_equal(without(moved[None], ways(16, 384))[0], together[row])


def test_directions_that_were_written_are_read_back():
    np.testing.assert_array_equal(read(write(ways(3, 8)), 8), ways(3, 8))


def test_a_file_that_would_run_code_is_not_opened():
    file = io.BytesIO()
    np.save(file, np.array([{"a": 1}], object), allow_pickle=True)
    with pytest.raises(TerminalError, match="cannot be read"):
        read(file.getvalue(), 1)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "cannot be read"),
        (b"x" * 300, "cannot be read"),
        (write(ways(3, 8))[:-10], "cannot be read"),
        (write(ways(3, 9)), "no rows of 8"),
        (write(2 * ways(3, 8)), "right angles"),
        (write(ways(3, 8).astype(np.float64)), "right angles"),
        (write(np.repeat(ways(1, 8), 2, axis=0)), "right angles"),
    ],
    ids=["empty", "other", "cut", "wider", "longer", "float64", "twice"],
)
def test_what_are_no_directions_is_a_sentence(content: bytes, says: str):
    with pytest.raises(TerminalError, match=says):
        read(content, 8)


def with_directions(folder: Path, content: bytes) -> Path:
    """The folder of an encoder that takes directions away."""
    Tiny(folder, 5, "mean").write()
    (folder / "ways.npy").write_bytes(content)
    manifest = read_manifest(folder)
    changed = msgspec.structs.replace(manifest, directions=Directions("ways.npy"))
    (folder / "manifest.toml").write_text(render(changed))
    record(folder / "manifest.toml")
    return folder


def test_an_encoder_takes_them_away_and_its_vectors_have_length_1(tmp_path: Path):
    plain = load(Tiny(tmp_path / "plain", 5, "mean").write())
    neutral = load(with_directions(tmp_path / "neutral", write(ways(2, 5))))
    texts = ["more trees", "less cars", "cars and trees"]
    left = without(plain.encode(texts), ways(2, 5))
    expected = left / np.linalg.norm(left, axis=1, keepdims=True)
    np.testing.assert_allclose(neutral.encode(texts), expected, atol=1e-6)
    alone = np.concatenate([neutral.encode([text]) for text in texts])
    np.testing.assert_array_equal(neutral.encode(texts), alone)


def test_other_directions_are_another_model(tmp_path: Path):
    plain = read_manifest(Tiny(tmp_path / "plain", 5, "mean").write())
    names = {plain.model}
    for number in (1, 2):
        folder = with_directions(tmp_path / str(number), write(ways(number, 5)))
        names.add(read_manifest(folder).model)
    assert len(names) == 3


def test_directions_that_are_not_the_recorded_ones_are_refused(tmp_path: Path):
    folder = with_directions(tmp_path / "neutral", write(ways(2, 5)))
    (folder / "ways.npy").write_bytes(write(ways(1, 5)))
    with pytest.raises(TerminalError, match="not the file that its manifest recorded"):
        load(folder)
