"""A BERT-like encoder as an ONNX graph, straight from its weights: no framework is needed.

Source of the network: Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers for
Language Understanding", 2019, with the parameter names of the published weights.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from models.four_bits import BLOCK, FourBits
from operators.core.errors import TerminalError

OPSET: Final = 20  # the first version with Gelu
IR_VERSION: Final = 9
MASKED: Final = np.float32(-1e4)
"""Added to the attention of padding tokens: their share becomes 0 in float32."""

RUNTIME: Final = "com.microsoft"
"""Domain of ONNX Runtime's own operators, which compute with 4-bit matrices."""
FLOAT32: Final = 1
"""Accuracy level of these: what is multiplied with stays float32. As int8 (level 4), a vector's
bits would depend on the processor, and cosines be off by up to 0.02."""

Positive = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Weights = Mapping[str, NDArray[Any] | FourBits]


class Config(msgspec.Struct, frozen=True):
    """What ``config.json`` says about the network; kinds of layers not listed here are refused."""

    model_type: Literal["bert", "roberta", "xlm-roberta"]
    hidden_size: Positive
    num_attention_heads: Positive
    num_hidden_layers: Positive
    max_position_embeddings: Positive
    layer_norm_eps: float
    hidden_act: Literal["gelu"] = "gelu"
    position_embedding_type: Literal["absolute"] = "absolute"
    pad_token_id: int = 0

    @property
    def first_position(self) -> int:
        """Number of the first position; RoBERTa counts from the one after its padding token's."""
        return 0 if self.model_type == "bert" else self.pad_token_id + 1

    @property
    def max_tokens(self) -> int:
        """How many tokens the network has positions for."""
        return self.max_position_embeddings - self.first_position


def build(weights: Weights, config: Config) -> onnx.ModelProto:
    """Make the graph: ``input_ids``, ``attention_mask`` (texts, tokens) → ``last_hidden_state``.

    The output is float32 (texts, tokens, hidden_size); pooling is left to the encoder.

    Raises:
        TerminalError: A weight is missing.
    """
    graph = _Graph(weights)
    vectors = _embeddings(graph, config)
    mask = _attention_mask(graph)
    for layer in range(config.num_hidden_layers):
        vectors = _layer(graph, config, f"encoder.layer.{layer}.", vectors, mask)
    graph.node("Identity", [vectors], "last_hidden_state")
    rows: list[str | int] = ["texts", "tokens"]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            config.model_type,
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, rows)
                for name in ("input_ids", "attention_mask")
            ],
            [
                helper.make_tensor_value_info(
                    "last_hidden_state", TensorProto.FLOAT, [*rows, config.hidden_size]
                )
            ],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid(*version) for version in graph.operators],
        ir_version=IR_VERSION,
        producer_name="tutti",
    )
    onnx.checker.check_model(model)
    return model


class _Graph:
    """Collects nodes and constants; every method returns the name of the node it adds."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        # Some files hold the encoder under the name of a larger model.
        words = "embeddings.word_embeddings.weight"
        self._prefix = next((n.removesuffix(words) for n in weights if n.endswith(words)), "")
        self.operators = [("", OPSET)]
        if any(isinstance(weight, FourBits) for weight in weights.values()):
            self.operators.append((RUNTIME, 1))
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def node(self, kind: str, inputs: list[str], output: str = "", **options: Any) -> str:
        name = output or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **options))
        return name

    def constant(self, value: NDArray[Any]) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def integers(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def weight(self, name: str) -> NDArray[np.float32]:
        found = self.stored(name)
        return found.dense if isinstance(found, FourBits) else np.asarray(found, np.float32)

    def stored(self, name: str) -> NDArray[Any] | FourBits:
        try:
            return self._weights[self._prefix + name]
        except KeyError:
            raise TerminalError(
                f"The weights hold no {name}: export a BERT-like encoder, or bring an ONNX file "
                "with a manifest of its own."
            ) from None

    def linear(self, name: str, vectors: str, scale: float = 1.0) -> str:
        """``vectors · Wᵀ + b``, with a factor folded into the weights."""
        stored = self.stored(f"{name}.weight")
        bias = self.weight(f"{name}.bias") * np.float32(scale)
        if isinstance(stored, FourBits):
            product = self._four_bits_product(stored, vectors, scale)
        else:
            weight = self.weight(f"{name}.weight").T * np.float32(scale)
            product = self.node("MatMul", [vectors, self.constant(weight)])
        return self.node("Add", [product, self.constant(bias)])

    def _four_bits_product(self, matrix: FourBits, vectors: str, scale: float) -> str:
        rows, blocks = matrix.scales.shape
        scales = (matrix.scales * np.float32(scale)).reshape(-1)
        return self.node(
            "MatMulNBits",
            [vectors, self.constant(matrix.packed), self.constant(scales)],
            domain=RUNTIME,
            K=blocks * BLOCK,
            N=rows,
            bits=4,
            block_size=BLOCK,
            accuracy_level=FLOAT32,
        )

    def layer_norm(self, name: str, vectors: str, epsilon: float) -> str:
        scale, bias = (self.constant(self.weight(f"{name}.{part}")) for part in ("weight", "bias"))
        return self.node("LayerNormalization", [vectors, scale, bias], axis=-1, epsilon=epsilon)

    def table(self, name: str) -> list[str]:
        """A table's constants, for `rows`."""
        stored = self.stored(name)
        if not isinstance(stored, FourBits):
            return [self.constant(self.weight(name))]
        codes = stored.packed.reshape(len(stored.scales), -1)
        return [self.constant(codes), self.constant(stored.scales)]

    def rows(self, table: list[str], numbers: str) -> str:
        """The rows of a table that have these numbers."""
        values, *scales = table
        if not scales:
            return self.node("Gather", [values, numbers])
        return self.node(
            "GatherBlockQuantized",
            [values, numbers, *scales],
            domain=RUNTIME,
            gather_axis=0,
            quantize_axis=1,
            block_size=BLOCK,
            bits=4,
        )


def _embeddings(graph: _Graph, config: Config) -> str:
    words = graph.table("embeddings.word_embeddings.weight")
    # All tokens are of type 0, so its row is added to the positions beforehand.
    positions = (
        graph.weight("embeddings.position_embeddings.weight")
        + graph.weight("embeddings.token_type_embeddings.weight")[0]
    )
    # Positions by Slice, not by Range and Gather: ONNX Runtime fuses those wrongly (its #26788).
    length = graph.node("Shape", ["input_ids"], start=1, end=2)
    zero = graph.integers(0)
    table = graph.constant(positions[config.first_position :])
    placed = graph.node("Slice", [table, zero, length, zero])
    vectors = graph.node("Add", [graph.rows(words, "input_ids"), placed])
    return graph.layer_norm("embeddings.LayerNorm", vectors, config.layer_norm_eps)


def _attention_mask(graph: _Graph) -> str:
    """0 for tokens, MASKED for padding, as (texts, 1, 1, tokens)."""
    mask = graph.node("Cast", ["attention_mask"], to=TensorProto.FLOAT)
    padding = graph.node("Sub", [graph.constant(np.array(1, np.float32)), mask])
    bias = graph.node("Mul", [padding, graph.constant(np.array(MASKED))])
    return graph.node("Unsqueeze", [bias, graph.integers(1, 2)])


def _layer(graph: _Graph, config: Config, name: str, vectors: str, mask: str) -> str:
    attended = _attention(graph, config, f"{name}attention.self.", vectors, mask)
    projected = graph.linear(f"{name}attention.output.dense", attended)
    middle = graph.layer_norm(
        f"{name}attention.output.LayerNorm",
        graph.node("Add", [projected, vectors]),
        config.layer_norm_eps,
    )
    wide = graph.node("Gelu", [graph.linear(f"{name}intermediate.dense", middle)])
    narrow = graph.linear(f"{name}output.dense", wide)
    return graph.layer_norm(
        f"{name}output.LayerNorm", graph.node("Add", [narrow, middle]), config.layer_norm_eps
    )


def _attention(graph: _Graph, config: Config, name: str, vectors: str, mask: str) -> str:
    heads, size = config.num_attention_heads, config.hidden_size
    split = graph.integers(0, 0, heads, size // heads)

    def part(which: str, scale: float, order: list[int]) -> str:
        projected = graph.linear(name + which, vectors, scale)
        return graph.node("Transpose", [graph.node("Reshape", [projected, split])], perm=order)

    query = part("query", (size // heads) ** -0.5, [0, 2, 1, 3])
    key = part("key", 1.0, [0, 2, 3, 1])
    value = part("value", 1.0, [0, 2, 1, 3])
    scores = graph.node("Add", [graph.node("MatMul", [query, key]), mask])
    mixed = graph.node("MatMul", [graph.node("Softmax", [scores], axis=-1), value])
    merged = graph.node("Transpose", [mixed], perm=[0, 2, 1, 3])
    return graph.node("Reshape", [merged, graph.integers(0, 0, size)])
