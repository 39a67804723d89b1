"""The encoders of an installation: found by name, loaded when asked for, with their own cosines."""

from pathlib import Path

import numpy as np
import pytest
from tiny_encoders import Tiny

from infra.config.settings import Settings
from operators.core.clusters.thresholds import Thresholds
from operators.core.errors import TerminalError
from pipelines.semantics import encoder as module
from pipelines.semantics.encoder import InstalledEncoders


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tiny:
    made = Tiny(tmp_path / "tiny")
    monkeypatch.setenv("TUTTI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TUTTI_REDIS_URL", "redis://127.0.0.1:1/0")  # nobody listens there
    monkeypatch.setenv("TUTTI_MODEL", str(tmp_path / "tiny" / "manifest.toml"))
    monkeypatch.setattr(module, "MODELS", tmp_path / "models")
    return made


def beside(tmp_path: Path, name: str) -> Path:
    """Another encoder, in the folder of encoders."""
    place = tmp_path / "models" / name
    Tiny(place).write()
    manifest = place / "manifest.toml"
    manifest.write_text(manifest.read_text().replace('name = "tiny"', f'name = "{name}"'))
    return manifest


def test_clusters_begin_with_the_cosines_of_the_manifest(tiny):
    tiny.write()
    assert InstalledEncoders(Settings()).thresholds("tiny") == Thresholds(macro=0.8, micro=0.9)


def test_it_encodes_also_while_redis_is_away(tiny):
    tiny.write()
    encoder = InstalledEncoders(Settings()).load("tiny")
    [vector] = encoder.encode(["more trees"])
    assert np.allclose(vector, tiny.expected("more trees"), atol=1e-5)
    assert encoder.reads("more trees")
    assert not encoder.reads("\N{DECIDUOUS TREE}")


def test_english_alone_has_its_own_encoder_and_a_named_one_is_found(tiny, tmp_path):
    tiny.write()
    installed = InstalledEncoders(Settings())
    assert installed.choose(["en"], "") == "tiny"  # the one for English is not there
    alone = installed.models
    beside(tmp_path, "all-minilm-l6-v2")
    beside(tmp_path, "other")
    installed = InstalledEncoders(Settings())
    assert installed.choose(["en", "en-IE"], "") == "all-minilm-l6-v2"
    assert installed.choose(["en", "fr"], "") == installed.choose([], "") == "tiny"
    assert installed.choose(["fr"], "other") == "other"
    assert installed.choose(["fr"], "unheard-of") == "tiny"
    assert installed.models.startswith(f"{alone} all-minilm-l6-v2/")


def test_a_broken_encoder_is_left_out_and_a_broken_default_is_not(tiny, tmp_path):
    tiny.write()
    beside(tmp_path, "other").write_text("name =")
    assert InstalledEncoders(Settings()).choose(["fr"], "other") == "tiny"
    (tmp_path / "tiny" / "manifest.toml").unlink()
    with pytest.raises(TerminalError):
        InstalledEncoders(Settings())
