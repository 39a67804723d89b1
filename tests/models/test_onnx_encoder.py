"""Vectors are what the manifest says, and depend on their text alone."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from places import FIXTURES
from tiny_encoders import Tiny

from infra.config.folders import MODELS
from models import onnx_encoder
from models.load import load
from models.onnx_encoder import OnnxEncoder
from operators.core.errors import TerminalError

TEXTS = [text for texts in tomllib.loads((FIXTURES / "languages.toml").read_text()).values()
         for text in texts]  # fmt: skip


@pytest.mark.parametrize("pooling", ["cls", "mean", "none"])
@pytest.mark.parametrize("prefix", ["", "topic: "])
@pytest.mark.parametrize("normalise", [True, False])
def test_another_architecture_dimension_pooling_and_prefix_give_what_was_computed_by_hand(
    tmp_path: Path, pooling: str, prefix: str, normalise: bool
) -> None:
    tiny = Tiny(tmp_path / "tiny", 5, pooling, normalise, prefix)
    encoder = load(tiny.write())
    texts = ["more trees", "less cars and more trees", "cars", ""]
    found = encoder.encode(texts)
    assert found.dtype == np.float32
    assert found.shape == (4, encoder.dimension)
    np.testing.assert_allclose(found, [tiny.expected(text) for text in texts], atol=1e-6)


def test_optional_inputs_are_fed_when_the_graph_asks_for_them(tmp_path: Path) -> None:
    tiny = Tiny(tmp_path / "tiny", extra_inputs=("attention_mask", "token_type_ids"))
    np.testing.assert_allclose(
        load(tiny.write()).encode(["more cars"]), [tiny.expected("more cars")], atol=1e-6
    )


def test_a_graph_that_asks_for_something_else_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(TerminalError, match="asks for pixel_values"):
        Tiny(tmp_path / "tiny", extra_inputs=("pixel_values",)).write()


def test_a_manifest_with_the_wrong_dimension_is_a_sentence_and_no_wrong_vector(
    tmp_path: Path,
) -> None:
    folder = Tiny(tmp_path / "tiny").write()
    manifest = folder / "manifest.toml"
    manifest.write_text(manifest.read_text().replace("dimension = 5", "dimension = 6"))
    with pytest.raises(TerminalError, match="correct dimension or pooling"):
        load(folder).encode(["more"])


def test_texts_are_normalised_and_cut_at_the_manifests_tokens(tmp_path: Path) -> None:
    tiny = Tiny(tmp_path / "tiny", max_tokens=6)
    encoder = load(tiny.write())
    cut, padded, long = encoder.encode(
        ["more trees more", " more\u00a0trees\u200b\nmore ", "more trees more " + "cars " * 100_000]
    )
    np.testing.assert_array_equal(cut, padded)
    np.testing.assert_array_equal(cut, long)


def test_no_text_gives_an_empty_array(tmp_path: Path) -> None:
    assert load(Tiny(tmp_path / "tiny").write()).encode([]).shape == (0, 5)


@pytest.mark.parametrize("batch", [1, 2, 8, 32])
def test_a_vector_is_the_same_bit_by_bit_whatever_its_neighbours(
    default_encoder: OnnxEncoder, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_encoder, "BATCH", batch)
    bits_depend_on_the_text_alone(default_encoder, TEXTS, orders=3)


def test_so_is_one_of_the_multilingual_encoder(multilingual_encoder: OnnxEncoder) -> None:
    bits_depend_on_the_text_alone(multilingual_encoder, TEXTS[::3], orders=2)


def bits_depend_on_the_text_alone(encoder: OnnxEncoder, texts: list[str], orders: int) -> None:
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    for seed in range(orders):
        order = np.random.default_rng(seed).permutation(len(texts))
        together = encoder.encode([texts[row] for row in order])
        np.testing.assert_array_equal(together, alone[order])
    same = encoder.encode(["More trees"] * 40)
    np.testing.assert_array_equal(same, encoder.encode(["More trees"]).repeat(40, axis=0))


@pytest.mark.parametrize("pooling", ["cls", "mean", "none"])
def test_a_graph_that_adds_otherwise_with_neighbours_gets_its_texts_one_by_one(
    tmp_path: Path, pooling: str
) -> None:
    encoder = load(Tiny(tmp_path / "tiny", 33, pooling).write())
    draws = np.random.default_rng(5)
    words = ["more", "less", "trees", "cars", "and"]
    texts = [" ".join(draws.choice(words, length)) for length in (3, 9, 12) for _ in range(23)]
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    tokens = np.array([encoder._tokens(text) for text in texts[-23:]])
    assert (encoder._run(tokens) != alone[-23:]).any(), "this graph is to be such a one"
    for _ in range(2):
        np.testing.assert_array_equal(encoder.encode(texts), alone)


def test_a_new_session_makes_the_same_bits(made_encoder: OnnxEncoder) -> None:
    again = load(MODELS / made_encoder.model.partition("/")[0])
    np.testing.assert_array_equal(again.encode(TEXTS[:20]), made_encoder.encode(TEXTS[:20]))


def test_vectors_have_length_1(made_encoder: OnnxEncoder) -> None:
    vectors = made_encoder.encode([*TEXTS[:20], "", "😀", "x" * 3_000])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_the_multilingual_encoder_puts_its_prefix_before_every_text(
    multilingual_encoder: OnnxEncoder,
) -> None:
    tokens = multilingual_encoder._tokens("Mehr Bäume")
    pieces = [multilingual_encoder._tokenizer.id_to_token(token) for token in tokens]
    assert pieces == ["<s>", "▁que", "ry", ":", "▁Mehr", "▁Bäume", "</s>"]


def test_the_default_encoder_gives_the_cosines_that_its_makers_publish(
    default_encoder: OnnxEncoder,
) -> None:
    # Quickstart of the documentation of sentence-transformers, for all-MiniLM-L6-v2.
    vectors = default_encoder.encode(
        ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    )
    published = [[1.0, 0.6660, 0.1046], [0.6660, 1.0, 0.1411], [0.1046, 0.1411, 1.0]]
    np.testing.assert_allclose(vectors @ vectors.T, published, atol=6e-5)


UNREADABLE = ["👍", "🌳🌳 🚲", "???", "ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ", "ⵜⴰⵎⴰⵣⵉⵖⵜ", "\u200d"]
READABLE = ["More trees 🌳", "42", "Žluťoučký kůň", "ελληνικά", "Още дървета", "ᏣᎳᎩ and more trees"]


@pytest.mark.parametrize("name", ["all-minilm-l6-v2", "multilingual-e5-small"])
def test_emoji_alone_and_unknown_writing_are_not_read(name: str) -> None:
    if not (MODELS / name / "manifest.toml").is_file():
        pytest.skip(f"{name} is not there: make setup makes it")
    encoder = load(MODELS / name)
    assert [text for text in UNREADABLE if encoder.reads(text)] == []
    assert [text for text in READABLE if not encoder.reads(text)] == []


def test_a_text_is_read_while_at_most_half_of_its_letters_are_unknown(tmp_path: Path) -> None:
    encoder = load(Tiny(tmp_path / "tiny").write())
    assert encoder.reads("more xxxx")
    assert not encoder.reads("more xxxxx")
