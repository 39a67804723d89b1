"""The exported graph computes what the published network computes."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from safetensors.numpy import save_file
from tiny_encoders import WORDS, Tiny, write_tokenizer

from models.export import SELF_TEST, export, record, template
from models.load import load
from models.manifest import read, render
from operators.core.errors import TerminalError

HIDDEN, HEADS, LAYERS, WIDE, POSITIONS = 12, 3, 2, 20, 24


def config(kind: str) -> dict:
    return {
        "model_type": kind,
        "hidden_size": HIDDEN,
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "max_position_embeddings": POSITIONS,
        "layer_norm_eps": 1e-12,
        "pad_token_id": 1,
        "hidden_act": "gelu",
        "vocab_size": len(WORDS),
    }


def weights(prefix: str = "") -> dict[str, np.ndarray]:
    draws = np.random.default_rng(3)
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (len(WORDS), HIDDEN),
        "embeddings.position_embeddings.weight": (POSITIONS, HIDDEN),
        "embeddings.token_type_embeddings.weight": (2, HIDDEN),
        "embeddings.LayerNorm.weight": (HIDDEN,),
        "embeddings.LayerNorm.bias": (HIDDEN,),
    }
    for layer in range(LAYERS):
        for name, out, into in (
            ("attention.self.query", HIDDEN, HIDDEN),
            ("attention.self.key", HIDDEN, HIDDEN),
            ("attention.self.value", HIDDEN, HIDDEN),
            ("attention.output.dense", HIDDEN, HIDDEN),
            ("intermediate.dense", WIDE, HIDDEN),
            ("output.dense", HIDDEN, WIDE),
        ):
            shapes[f"encoder.layer.{layer}.{name}.weight"] = (out, into)
            shapes[f"encoder.layer.{layer}.{name}.bias"] = (out,)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"encoder.layer.{layer}.{name}.weight"] = (HIDDEN,)
            shapes[f"encoder.layer.{layer}.{name}.bias"] = (HIDDEN,)
    return {
        prefix + name: draws.normal(size=shape).astype(np.float32) for name, shape in shapes.items()
    }


def by_hand(w: dict[str, np.ndarray], tokens: list[int], first_position: int) -> np.ndarray:
    """BERT as its paper has it, in float64, one text, no batch: shares nothing with the graph."""

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return scaled * w[f"{name}.weight"] + w[f"{name}.bias"]

    def linear(x: np.ndarray, name: str) -> np.ndarray:
        return x @ w[f"{name}.weight"].T.astype(np.float64) + w[f"{name}.bias"]

    gelu = np.vectorize(lambda v: v * (1 + math.erf(v / math.sqrt(2))) / 2)
    places = range(first_position, first_position + len(tokens))
    x = w["embeddings.word_embeddings.weight"][tokens].astype(np.float64)
    x = x + w["embeddings.position_embeddings.weight"][list(places)]
    x = norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    size = HIDDEN // HEADS
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}."
        q, k, v = (linear(x, f"{at}attention.self.{part}") for part in ("query", "key", "value"))
        mixed = np.empty_like(x)
        for head in range(HEADS):
            part = slice(head * size, (head + 1) * size)
            scores = q[:, part] @ k[:, part].T / math.sqrt(size)
            shares = np.exp(scores - scores.max(-1, keepdims=True))
            mixed[:, part] = shares / shares.sum(-1, keepdims=True) @ v[:, part]
        x = norm(
            linear(mixed, f"{at}attention.output.dense") + x, f"{at}attention.output.LayerNorm"
        )
        y = linear(gelu(linear(x, f"{at}intermediate.dense")), f"{at}output.dense")
        x = norm(y + x, f"{at}output.LayerNorm")
    pooled = x.mean(0)
    return pooled / np.linalg.norm(pooled)


def published(folder: Path, kind: str, prefix: str = "") -> Path:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config(kind)))
    save_file(weights(prefix), folder / "model.safetensors")
    write_tokenizer(folder / "tokenizer.json")
    return folder


def manifest(tmp_path: Path, **changes: object) -> Path:
    plain = Tiny(tmp_path, HIDDEN, "mean", prefix="").manifest()
    path = tmp_path / "asked.toml"
    path.write_text(render(msgspec.structs.replace(plain, **changes)))
    return path


@pytest.mark.parametrize(
    ("kind", "first", "prefix"), [("bert", 0, ""), ("bert", 0, "bert."), ("xlm-roberta", 2, "")]
)
def test_the_graph_agrees_with_the_network_computed_by_hand(
    tmp_path: Path, kind: str, first: int, prefix: str
) -> None:
    folder = tmp_path / "made"
    export(published(tmp_path / "from", kind, prefix), manifest(tmp_path), folder)
    texts = ["more trees and less cars", "cars", "less less less and more and more trees", ""]
    for text, found in zip(texts, load(folder).encode(texts), strict=True):
        tokens = [WORDS.index(word) for word in ("[CLS]", *text.split(), "[SEP]")]
        np.testing.assert_allclose(found, by_hand(weights(), tokens, first), atol=1e-5)


def test_padding_that_others_add_changes_nothing_that_can_be_seen(tmp_path: Path) -> None:
    import onnxruntime  # noqa: PLC0415

    export(published(tmp_path / "from", "bert"), manifest(tmp_path), tmp_path / "made")
    session = onnxruntime.InferenceSession((tmp_path / "made" / "tiny.onnx").read_bytes())
    bare = {"input_ids": np.array([[1, 5, 7, 2]]), "attention_mask": np.ones((1, 4), np.int64)}
    padded = {
        "input_ids": np.array([[1, 5, 7, 2, 0, 0]]),
        "attention_mask": np.array([[1, 1, 1, 1, 0, 0]]),
    }
    [[one]], [[other]] = session.run(None, bare), session.run(None, padded)
    np.testing.assert_allclose(one, other[:4], atol=1e-5)


def test_exporting_twice_gives_the_same_bytes_and_the_same_model(tmp_path: Path) -> None:
    source = published(tmp_path / "from", "bert")
    made = [export(source, manifest(tmp_path), tmp_path / name) for name in ("a", "b")]
    assert made[0] == made[1]
    assert made[0].recorded
    assert made[0].self_test is not None
    assert made[0].self_test.text == SELF_TEST


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def with_text(name: str, text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_text(text) and None


def with_one_weight(folder: Path) -> None:
    one = {"embeddings.word_embeddings.weight": np.zeros((3, 3), np.float32)}
    save_file(one, folder / "model.safetensors")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (without("config.json"), "cannot be read"),
        (without("model.safetensors"), "cannot be read"),
        (without("tokenizer.json"), "tokenizer.json"),
        (with_text("model.safetensors", "x"), "holds no encoder"),
        (with_text("tokenizer.json", "{}"), "no tokenizer"),
        (with_text("config.json", "{}"), "holds no encoder"),
        (with_text("config.json", json.dumps(config("t5"))), "holds no encoder"),
        (
            with_text("config.json", json.dumps(config("bert") | {"hidden_act": "relu"})),
            "holds no encoder",
        ),
        (with_one_weight, "hold no embeddings.position_embeddings"),
    ],
)
def test_what_cannot_be_exported_is_a_sentence_and_leaves_nothing_behind(
    tmp_path: Path, spoil: Callable[[Path], None], sentence: str
) -> None:
    source = published(tmp_path / "from", "bert")
    spoil(source)
    with pytest.raises(TerminalError, match=sentence):
        export(source, manifest(tmp_path), tmp_path / "to" / "made")
    assert not list((tmp_path / "to").iterdir())


@pytest.mark.parametrize(("field", "value"), [("dimension", 13), ("max_tokens", 25)])
def test_a_manifest_that_asks_for_more_than_there_is_is_refused(
    tmp_path: Path, field: str, value: int
) -> None:
    with pytest.raises(TerminalError, match=field):
        export(
            published(tmp_path / "from", "bert"),
            manifest(tmp_path, **{field: value}),
            tmp_path / "made",
        )


def test_an_existing_folder_is_never_overwritten(tmp_path: Path) -> None:
    source = published(tmp_path / "from", "bert")
    (tmp_path / "made").mkdir()
    with pytest.raises(TerminalError, match="exists"):
        export(source, manifest(tmp_path), tmp_path / "made")


def test_recording_anew_accepts_files_that_were_replaced_on_purpose(tmp_path: Path) -> None:
    folder = Tiny(tmp_path / "tiny").write()
    before = read(folder)
    tokenizer = folder / "words.json"
    tokenizer.write_text(tokenizer.read_text().replace('"length":128', '"length":64') + "\n")
    with pytest.raises(TerminalError, match="not the file"):
        load(folder)
    assert record(folder / "manifest.toml").model != before.model
    load(folder)


@pytest.mark.parametrize("name", ["nobody", "../all-minilm-l6-v2", ""])
def test_an_unknown_name_lists_the_known_ones(name: str) -> None:
    with pytest.raises(TerminalError, match="all-minilm-l6-v2"):
        template(name)
