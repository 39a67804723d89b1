"""Only the files that were recorded are loaded."""

from pathlib import Path

import pytest
from tiny_encoders import Tiny

from models.load import load
from models.manifest import render
from operators.core.errors import TerminalError


def test_folder_and_manifest_both_name_an_encoder(tmp_path: Path) -> None:
    folder = Tiny(tmp_path / "tiny").write()
    assert load(folder).model == load(folder / "manifest.toml").model


@pytest.mark.parametrize("name", ["tiny.onnx", "words.json"])
def test_a_changed_file_is_refused_by_name(tmp_path: Path, name: str) -> None:
    folder = Tiny(tmp_path / "tiny").write()
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(TerminalError, match=f"{name} is not the file that its manifest recorded"):
        load(folder)


@pytest.mark.parametrize("name", ["tiny.onnx", "words.json"])
def test_a_missing_file_says_what_to_do(tmp_path: Path, name: str) -> None:
    folder = Tiny(tmp_path / "tiny").write()
    (folder / name).unlink()
    with pytest.raises(TerminalError, match="make setup"):
        load(folder)


def test_a_manifest_without_checksums_is_refused(tmp_path: Path) -> None:
    tiny = Tiny(tmp_path / "tiny")
    folder = tiny.write()
    (folder / "manifest.toml").write_text(render(tiny.manifest()))
    with pytest.raises(TerminalError, match="verify --record"):
        load(folder)
