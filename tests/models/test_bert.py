"""What a network must be like to become a graph; that it computes the same, `test_export` shows."""

import msgspec
import numpy as np
import pytest

from models.bert import Config, build
from operators.core.errors import TerminalError

PUBLISHED = {
    "model_type": "bert",
    "hidden_size": 12,
    "num_attention_heads": 3,
    "num_hidden_layers": 1,
    "max_position_embeddings": 24,
    "layer_norm_eps": 1e-12,
    "pad_token_id": 1,
}


def config(**changed) -> Config:
    return msgspec.convert(PUBLISHED | changed, Config)


@pytest.mark.parametrize(
    ("kind", "padding", "tokens"), [("bert", 1, 24), ("roberta", 1, 22), ("xlm-roberta", 0, 23)]
)
def test_roberta_counts_positions_from_the_one_behind_its_padding(kind, padding, tokens):
    assert config(model_type=kind, pad_token_id=padding).max_tokens == tokens


@pytest.mark.parametrize(
    "changed",
    [
        {"model_type": "distilbert"},
        {"hidden_act": "relu"},
        {"position_embedding_type": "relative_key"},
        {"hidden_size": 0},
    ],
)
def test_a_network_of_another_kind_is_refused(changed):
    with pytest.raises(msgspec.ValidationError):
        config(**changed)


def test_a_missing_weight_is_named():
    weights = {"embeddings.word_embeddings.weight": np.zeros((4, 12), np.float32)}
    with pytest.raises(TerminalError, match=r"no embeddings\.position_embeddings\.weight"):
        build(weights, config())
