"""Encoders of a few kilobytes, built here: another architecture than the default's."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import WhitespaceSplit
from tokenizers.processors import TemplateProcessing

from models.export import record
from models.manifest import Calibration, File, Manifest, render

WORDS = ("[PAD]", "[CLS]", "[SEP]", "[UNK]", "topic:", "more", "less", "trees", "cars", "and")


def write_tokenizer(path: Path) -> None:
    """It pads to 128 and cuts at 6 tokens: both must be overruled."""
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))  # noqa: S106 - no secret
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[(word, vocabulary[word]) for word in ("[CLS]", "[SEP]")],
    )
    tokenizer.enable_padding(length=128)
    tokenizer.enable_truncation(6)
    tokenizer.save(str(path))


@dataclass
class Tiny:
    """A bag of words: each token's vector is its own plus half the mean of all."""

    folder: Path
    dimension: int = 5
    pooling: Any = "cls"
    normalise: bool = True
    prefix: str = "topic: "
    max_tokens: int = 16
    extra_inputs: tuple[str, ...] = ()
    table: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        draws = np.random.default_rng(7)
        self.table = draws.normal(size=(len(WORDS), self.dimension)).astype(np.float32)

    def write(self) -> Path:
        """Write graph, tokenizer and a manifest with checksums; return the folder."""
        self.folder.mkdir(parents=True)
        (self.folder / "tiny.onnx").write_bytes(self.graph())
        write_tokenizer(self.folder / "words.json")
        (self.folder / "manifest.toml").write_text(render(self.manifest()))
        record(self.folder / "manifest.toml")
        return self.folder

    def manifest(self) -> Manifest:
        return Manifest(
            name="tiny",
            source="made by the tests",
            licence="Apache-2.0",
            languages=("en", "mt"),
            dimension=self.dimension,
            max_tokens=self.max_tokens,
            pooling=self.pooling,
            normalise=self.normalise,
            onnx=File("tiny.onnx"),
            tokenizer=File("words.json"),
            calibration=Calibration(t_micro=0.9, t_macro=0.8),
            prefix=self.prefix,
        )

    def graph(self) -> bytes:
        pooled = self.pooling == "none"
        half = np.array(0.5, np.float32)
        nodes = [
            helper.make_node("Gather", ["table", "input_ids"], ["own"]),
            helper.make_node("ReduceMean", ["own", "axis"], ["mean"], keepdims=int(not pooled)),
            helper.make_node("Mul", ["mean", "half"], ["part"]),
            helper.make_node("Identity", ["part"], ["out"])
            if pooled
            else helper.make_node("Add", ["own", "part"], ["out"]),
        ]
        shape = ["b", self.dimension] if pooled else ["b", "s", self.dimension]
        graph = helper.make_graph(
            nodes,
            "tiny",
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, ["b", "s"])
                for name in ("input_ids", *self.extra_inputs)
            ],
            [helper.make_tensor_value_info("out", TensorProto.FLOAT, shape)],
            [
                numpy_helper.from_array(self.table, "table"),
                numpy_helper.from_array(np.array([1], np.int64), "axis"),
                numpy_helper.from_array(half, "half"),
            ],
        )
        opset = [helper.make_opsetid("", 20)]
        return helper.make_model(graph, opset_imports=opset, ir_version=9).SerializeToString()

    def expected(self, text: str) -> np.ndarray:
        """The same by hand."""
        words = ["[CLS]", *f"{self.prefix}{text}".lower().split(), "[SEP]"]
        own = self.table[[WORDS.index(word) for word in words]].astype(np.float64)
        half_mean = own.mean(axis=0) / 2
        tokens = own + half_mean
        pooled = {"cls": tokens[0], "mean": tokens.mean(axis=0), "none": half_mean}[self.pooling]
        return pooled / np.linalg.norm(pooled) if self.normalise else pooled
