"""The file of 4-bit weights gives network, pieces and weights, and what is none is a sentence."""

from pathlib import Path

import msgspec
import numpy as np
import onnxruntime
import pytest
from e5_files import HIDDEN, LAYERS, PIECES, POSITIONS, WIDE, tensors, write_e5_file
from tiny_encoders import Tiny

from models import bert
from models.e5_file import E5File, read_e5
from models.export import export
from models.four_bits import FourBits
from models.load import load
from models.manifest import File, render
from operators.core.errors import TerminalError


@pytest.fixture
def file(tmp_path: Path) -> E5File:
    return read_e5(write_e5_file(tmp_path / "small.bin"))


def test_network_and_pieces_are_those_of_the_file(file: E5File):
    config = file.config
    assert (config.hidden_size, config.num_hidden_layers) == (HIDDEN, LAYERS)
    assert (config.max_tokens, config.model_type) == (POSITIONS, "bert")
    assert [piece for piece, _ in file.pieces] == [piece for piece, _ in PIECES]
    assert [score for _, score in file.pieces] == [score for _, score in PIECES]


def test_every_weight_has_its_published_name_shape_and_value(file: E5File):
    assert len(file.weights) == len(tensors())
    words = file.weights["embeddings.word_embeddings.weight"]
    assert isinstance(words, FourBits)
    assert words.dense.shape == (len(PIECES), HIDDEN)
    narrow = file.weights["encoder.layer.1.output.dense.weight"]
    assert isinstance(narrow, FourBits)
    assert narrow.dense.shape == (HIDDEN, WIDE)
    _, raw = tensors()["l1.aln.b"]
    expected = np.frombuffer(raw, "<f4")
    np.testing.assert_array_equal(
        file.weights["encoder.layer.1.attention.output.LayerNorm.bias"], expected
    )


def test_the_graph_of_4_bits_computes_what_the_same_numbers_give_in_float32(file: E5File):
    wide = {n: w.dense if isinstance(w, FourBits) else w for n, w in file.weights.items()}
    rows = np.array([[0, 4, 5, 7, 2], [0, 6, 8, 3, 2]], np.int64)
    found = [
        onnxruntime.InferenceSession(
            bert.build(weights, file.config).SerializeToString(),
            providers=["CPUExecutionProvider"],
        ).run(None, {"input_ids": rows, "attention_mask": np.ones_like(rows)})[0]
        for weights in (file.weights, wide)
    ]
    np.testing.assert_allclose(found[0], found[1], atol=1e-4)


def asked(tmp_path: Path, **changes: object) -> Path:
    manifest = Tiny(tmp_path, HIDDEN, "mean", prefix="query: ").manifest()
    path = tmp_path / "asked.toml"
    path.write_text(render(msgspec.structs.replace(manifest, **changes)))
    return path


def test_it_is_exported_like_any_other_with_the_text_of_its_licence(tmp_path: Path):
    weights = write_e5_file(tmp_path / "small.bin")
    (tmp_path / "licence.txt").write_text("as is")
    asks = asked(tmp_path, licence_text="licence.txt")
    made = export(weights, asks, tmp_path / "made")
    assert (tmp_path / "made" / "licence.txt").read_text() == "as is"
    assert made.recorded
    vectors = load(tmp_path / "made").encode(["more trees", "more trees", "less cars"])
    np.testing.assert_array_equal(vectors[0], vectors[1])
    assert np.abs(vectors[0] - vectors[2]).max() > 0.01


def test_files_that_do_not_come_out_as_pinned_are_refused(tmp_path: Path):
    weights = write_e5_file(tmp_path / "small.bin")
    made = export(weights, asked(tmp_path), tmp_path / "first")
    pinned = tmp_path / "pinned.toml"
    pinned.write_text(render(made))
    assert export(weights, pinned, tmp_path / "again") == made
    other = msgspec.structs.replace(made, onnx=File(made.onnx.file, "0" * 64))
    pinned.write_text(render(other))
    with pytest.raises(TerminalError, match="is not the file that its manifest recorded"):
        export(weights, pinned, tmp_path / "refused")
    assert not (tmp_path / "refused").exists()


@pytest.mark.parametrize("length", [0, 7, 44, 100, 300, 900])
def test_a_file_that_ends_early_is_a_sentence(tmp_path: Path, length: int):
    whole = write_e5_file(tmp_path / "small.bin")
    (tmp_path / "cut.bin").write_bytes(whole.read_bytes()[:length])
    with pytest.raises(TerminalError, match="holds no encoder that can be exported"):
        read_e5(tmp_path / "cut.bin")


def test_another_file_and_none_are_sentences(tmp_path: Path):
    (tmp_path / "other.bin").write_bytes(b"GGUF" + bytes(1000))
    with pytest.raises(TerminalError, match="another kind of file"):
        read_e5(tmp_path / "other.bin")
    with pytest.raises(TerminalError, match="cannot be read"):
        read_e5(tmp_path / "none.bin")
