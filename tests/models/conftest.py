"""Encoders to test with."""

import pytest

from infra.config.settings import Settings
from models.load import load
from models.onnx_encoder import OnnxEncoder


@pytest.fixture(scope="session")
def default_encoder() -> OnnxEncoder:
    """The default encoder, as set-up made it."""
    manifest = Settings.model_fields["model"].default
    if not manifest.exists():
        pytest.skip("the default encoder is not here: make setup makes it")
    return load(manifest)
