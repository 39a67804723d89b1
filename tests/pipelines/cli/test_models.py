"""``tutti models``: what is here, whether it is whole, and how another one is made."""

import json
from pathlib import Path

import pytest
from tiny_encoders import Tiny
from typer.testing import CliRunner, Result

from models.manifest import read, render
from operators.core.errors import TerminalError
from pipelines.cli.app import app


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of the encoder that the settings name."""
    folder = Tiny(tmp_path / "tiny").write()
    monkeypatch.setenv("TUTTI_MODEL", str(folder / "manifest.toml"))
    return folder


def tutti(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["models", *map(str, arguments)])


def listed() -> dict[str, dict]:
    return {row["name"]: row for row in json.loads(tutti("list", "--json").output)}


def test_the_list_shows_what_is_used_what_is_here_and_what_is_only_described(tiny: Path) -> None:
    rows = listed()
    assert rows["tiny"]["used"]
    assert rows["tiny"]["files"] == "present"
    assert rows["tiny"]["languages"] == ["en", "mt"]
    multilingual = rows["paraphrase-multilingual-minilm-l12-v2"]
    assert multilingual["files"] == "files are not here"
    assert multilingual["model"] is None
    assert "all-minilm-l6-v2" in rows
    assert "Apache-2.0" in tutti("list").output
    (tiny / "words.json").unlink()
    assert listed()["tiny"]["files"] == "files are not here"


def test_verifying_takes_the_encoder_of_the_settings_or_the_one_that_is_named(tiny: Path) -> None:
    assert "are right" in tutti("verify").output
    assert tutti("verify", tiny).exit_code == 0
    (tiny / "words.json").write_text("{}")
    done = tutti("verify")
    assert done.exit_code == 1
    assert "not the file" in str(done.exception)


def test_a_recorded_vector_that_comes_out_otherwise_is_noticed(tiny: Path) -> None:
    manifest = tiny / "manifest.toml"
    text = manifest.read_text()
    for other in ("9.9", "nan"):
        first = str(read(tiny).self_test.vector[0])
        manifest.write_text(text.replace(f"[{first}", f"[{other}"))
        assert isinstance(tutti("verify").exception, TerminalError)
        manifest.write_text(text)


def test_files_of_ones_own_are_recorded_on_request(tiny: Path) -> None:
    (tiny / "manifest.toml").write_text(render(Tiny(tiny).manifest()))
    assert listed()["tiny"]["files"] == "no checksums"
    assert tutti("verify").exit_code == 1
    assert "recorded" in tutti("verify", "--record").output
    assert tutti("verify").exit_code == 0


def test_an_unknown_manifest_and_missing_weights_are_sentences(tmp_path: Path) -> None:
    for name, sentence in (("nobody", "No manifest"), ("all-minilm-l6-v2", "cannot be read")):
        done = tutti("export", tmp_path, "--manifest", name, "--to", tmp_path / "new")
        assert isinstance(done.exception, TerminalError)
        assert sentence in str(done.exception)
    assert not (tmp_path / "new").exists()
