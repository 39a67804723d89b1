"""Encoders to test with."""

from functools import cache

import pytest

from infra.config.folders import MODELS
from models.load import load
from models.onnx_encoder import OnnxEncoder


@pytest.fixture(scope="session")
def default_encoder() -> OnnxEncoder:
    """The default encoder, as set-up made it."""
    return made("all-minilm-l6-v2")


@pytest.fixture(scope="session")
def multilingual_encoder() -> OnnxEncoder:
    """The multilingual encoder, as set-up made it."""
    return made("multilingual-e5-small")


@pytest.fixture(scope="session", params=["all-minilm-l6-v2", "multilingual-e5-small"])
def made_encoder(request: pytest.FixtureRequest) -> OnnxEncoder:
    """Each encoder that set-up makes."""
    return made(request.param)


@cache
def made(name: str) -> OnnxEncoder:
    manifest = MODELS / name / "manifest.toml"
    if not manifest.exists():
        pytest.skip(f"the encoder {name} is not here: make setup makes it")
    return load(manifest)
