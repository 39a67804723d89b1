"""An encoder of ONNX Runtime: one thread, float32, and vectors that are the same bit by bit."""

import json
from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from models.directions import read, without
from models.manifest import Manifest
from operators.core.clusters.normalise import plain
from operators.core.errors import TerminalError

BATCH: Final = 8
"""Most texts of one call of the graph, a power of 2."""

MAX_CHARACTERS: Final = 8_000
"""Longer texts are cut before they are tokenised. Intake accepts 1,000 characters."""

MAX_UNREAD: Final = 0.5
"""Share of a text's letters and digits in unknown tokens, up to which it counts as read."""

T = TypeVar("T")

KNOWN_INPUTS: Final = frozenset({"input_ids", "attention_mask", "token_type_ids"})


class OnnxEncoder:
    """Encodes texts as a manifest prescribes. See `models.encoder.Encoder`.

    A vector has the same bits as if its text were encoded alone: a difference of 1e-7 could put a
    proposal at a threshold into another cluster when clusters are computed again. So texts of equal
    length in tokens go through the graph together and nothing is padded. Even then some graphs
    add in another order when there are several rows. Which order is taken depends on the shape
    alone, so each shape is tried once; where it differs, texts go one by one.
    """

    def __init__(
        self, manifest: Manifest, graph: bytes, tokenizer: bytes, directions: bytes | None = None
    ) -> None:
        """Prepare graph, tokenizer and language directions: the contents of the manifest's files.

        Raises:
            TerminalError: A file is not what the manifest says.
        """
        self._manifest = manifest
        self._tokenizer = _tokenizer(manifest, tokenizer)
        self._unknown = _unknown_token(self._tokenizer)
        self._session = _session(manifest, graph)
        self._directions = None if directions is None else read(directions, manifest.dimension)
        self._inputs = [wanted.name for wanted in self._session.get_inputs()]
        self._output = self._session.get_outputs()[0].name
        self._as_alone: dict[tuple[int, ...], bool] = {}
        if unknown := set(self._inputs) - KNOWN_INPUTS:
            raise TerminalError(
                f"{manifest.onnx.file} asks for {', '.join(sorted(unknown))}: export it with "
                "input_ids, attention_mask and token_type_ids alone."
            )

    @property
    def model(self) -> str:
        """Name and version."""
        return self._manifest.model

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._manifest.dimension

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of length 1, as an array (texts, dimension), in the order of the texts.

        Raises:
            TerminalError: The graph gives something else than the manifest says.
        """
        vectors = np.empty((len(texts), self.dimension), np.float32)
        lengths: dict[int, list[tuple[int, list[int]]]] = {}
        for row, text in enumerate(texts):
            tokens = self._tokens(text)
            lengths.setdefault(len(tokens), []).append((row, tokens))
        for group in lengths.values():
            for batch in _batches(group):
                rows, tokens_of = zip(*batch, strict=True)
                vectors[list(rows)] = self._together(np.array(tokens_of, np.int64))
        return vectors

    def reads(self, text: str) -> bool:
        """Whether the text has letters or digits, and most of them are in tokens it knows.

        Emoji alone are none, even where a tokenizer has tokens for some of them.
        """
        line = plain(text[:MAX_CHARACTERS])
        known = self._tokenizer.encode(line)
        letters = unread = 0
        for token, (start, end) in zip(known.ids, known.offsets, strict=True):
            inside = sum(map(str.isalnum, line[start:end]))
            letters += inside
            unread += inside * (token == self._unknown)
        return letters > 0 and unread <= MAX_UNREAD * letters

    def _tokens(self, text: str) -> list[int]:
        # One by one: the tokenizer would start threads for a batch.
        text = self._manifest.prefix + plain(text[:MAX_CHARACTERS])
        tokens: list[int] = self._tokenizer.encode(text).ids
        return tokens

    def _together(self, tokens: NDArray[np.int64]) -> NDArray[np.float32]:
        if len(tokens) == 1 or self._as_alone.get(tokens.shape):
            return self._run(tokens)
        alone = np.concatenate([self._run(row) for row in np.split(tokens, len(tokens))])
        if tokens.shape not in self._as_alone:
            self._as_alone[tokens.shape] = np.array_equal(self._run(tokens), alone)
        return alone

    def _run(self, tokens: NDArray[np.int64]) -> NDArray[np.float32]:
        given = {
            "input_ids": tokens,
            "attention_mask": np.ones_like(tokens),
            "token_type_ids": np.zeros_like(tokens),
        }
        [found] = self._session.run([self._output], {name: given[name] for name in self._inputs})
        hidden = (*tokens.shape, self.dimension)
        expected = hidden if self._manifest.pooling != "none" else (len(tokens), self.dimension)
        if found.shape != expected or found.dtype != np.float32:
            raise TerminalError(
                f"{self._manifest.onnx.file} gives {found.dtype} {found.shape} where float32 "
                f"{expected} follows from its manifest: correct dimension or pooling."
            )
        vectors: NDArray[np.float32] = found
        if self._manifest.pooling == "mean":
            vectors = found.mean(axis=1)
        elif self._manifest.pooling == "cls":
            vectors = found[:, 0]
        if self._manifest.normalise:
            vectors = _of_length_1(vectors)
        if self._directions is not None:
            vectors = _of_length_1(without(vectors, self._directions))
        return vectors


def _of_length_1(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
    found: NDArray[np.float32] = vectors / np.maximum(lengths, np.float32(1e-12))
    return found


def _batches(group: list[T]) -> Iterator[list[T]]:
    """Split texts into batches of 8, 4, 2 and 1: few sizes give few shapes to try."""
    size, start = BATCH, 0
    while start < len(group):
        while size > len(group) - start:
            size //= 2
        yield group[start : start + size]
        start += size


def _tokenizer(manifest: Manifest, content: bytes) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_buffer(content)
    except Exception as error:  # noqa: BLE001 - the library raises Exception itself
        raise TerminalError(f"{manifest.tokenizer.file} is no tokenizer: {error}.") from None
    # The file may ask for padding to a fixed length, and for another maximum.
    tokenizer.no_padding()
    tokenizer.enable_truncation(manifest.max_tokens)
    if not tokenizer.encode("").ids:
        raise TerminalError(
            f"{manifest.tokenizer.file} makes no token of an empty text: give it a post-processor "
            "that adds special tokens."
        )
    return tokenizer


def _unknown_token(tokenizer: Tokenizer) -> int | None:
    """The token that stands for what a tokenizer does not know; None: it has none."""
    model = json.loads(tokenizer.to_str())["model"]
    if "unk_id" in model:
        return None if model["unk_id"] is None else int(model["unk_id"])
    unknown = model.get("unk_token")
    found: int | None = tokenizer.token_to_id(unknown) if unknown else None
    return found


def _session(manifest: Manifest, graph: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # The machine's other cores belong to counting; and the order of additions is fixed.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - the library's own errors have no common root
        reason = str(error).splitlines()[0]
        raise TerminalError(f"{manifest.onnx.file} is no graph that can be run: {reason}") from None
