"""An export is there whole or not at all."""

from hashlib import sha256
from pathlib import Path

import pytest

from operators.core.errors import TerminalError
from pipelines.exchange.files import new_folder, written


def test_the_folder_appears_when_everything_is_in_it(tmp_path: Path):
    folder = tmp_path / "export"
    with new_folder(folder) as draft:
        (draft / "votes.csv").write_text("a")
        assert not folder.exists()
    assert [file.name for file in folder.iterdir()] == ["votes.csv"]
    assert [file.name for file in tmp_path.iterdir()] == ["export"]


def _half_an_export(folder: Path) -> None:
    with new_folder(folder) as draft:
        (draft / "votes.csv").write_text("a")
        raise OSError(28, "No space left on device")


def test_what_fails_leaves_nothing(tmp_path: Path):
    with pytest.raises(TerminalError, match="cannot be written"):
        _half_an_export(tmp_path / "export")
    assert list(tmp_path.iterdir()) == []


def test_a_full_folder_is_not_overwritten_and_an_empty_one_is_taken(tmp_path: Path):
    full, empty = tmp_path / "full", tmp_path / "empty"
    full.mkdir()
    (full / "mine").write_text("a")
    with pytest.raises(TerminalError, match="not empty"), new_folder(full):
        pass
    assert (full / "mine").read_text() == "a"
    empty.mkdir()
    with new_folder(empty) as draft:
        (draft / "votes.csv").write_text("a")
    assert (empty / "votes.csv").exists()


def test_a_file_s_checksum_is_that_of_its_bytes(tmp_path: Path):
    file = tmp_path / "votes.csv"
    file.write_bytes(b"x" * 3_000_000)
    found = written(file)
    assert (found.file, found.bytes) == ("votes.csv", 3_000_000)
    assert found.sha256 == sha256(b"x" * 3_000_000).hexdigest()
