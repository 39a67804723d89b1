"""The encoder of an installation begins with the cosines of its manifest."""

from pathlib import Path

import numpy as np
import pytest
from tiny_encoders import Tiny

from infra.config.settings import Settings
from operators.core.clusters.thresholds import Thresholds
from operators.core.errors import TerminalError
from pipelines.semantics.encoder import defaults, load_encoder


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tiny:
    made = Tiny(tmp_path / "tiny")
    monkeypatch.setenv("TUTTI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TUTTI_REDIS_URL", "redis://127.0.0.1:1/0")  # nobody listens there
    monkeypatch.setenv("TUTTI_MODEL", str(tmp_path / "tiny" / "manifest.toml"))
    return made


def test_clusters_begin_with_the_cosines_of_the_manifest(tiny):
    tiny.write()
    assert defaults(Settings()) == Thresholds(macro=0.8, micro=0.9)


def test_it_encodes_also_while_redis_is_away(tiny):
    tiny.write()
    encoder, thresholds = load_encoder()
    [vector] = encoder.encode(["more trees"])
    assert np.allclose(vector, tiny.expected("more trees"), atol=1e-5)
    assert thresholds == Thresholds(macro=0.8, micro=0.9)


def test_without_its_files_it_says_what_to_do(tiny):
    with pytest.raises(TerminalError):
        load_encoder()
