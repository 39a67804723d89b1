"""State files are whole: written beside their place and moved there."""

from pathlib import Path

import pytest

from infra.service.state_files import read_json, write_json, write_whole


def test_what_is_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    for value in ({"version": 3, "sha256": "é"}, [1, None], {}):
        write_json(file, value)
        assert read_json(file) == value
    assert [found.name for found in tmp_path.iterdir()] == ["plan.json"]


@pytest.mark.parametrize("content", ["", "{", '{"a": 1', "\x00"])
def test_a_missing_or_damaged_file_is_none(tmp_path: Path, content: str) -> None:
    assert read_json(tmp_path / "none.json") is None
    (tmp_path / "damaged.json").write_text(content)
    assert read_json(tmp_path / "damaged.json") is None
    (tmp_path / "damaged.json").write_bytes(b"\xff\xfe")
    assert read_json(tmp_path / "damaged.json") is None


def test_a_writer_that_dies_leaves_the_former_content(tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "completed"
    write_whole(file, "former")

    def dies(*_arguments, **_more) -> None:
        raise OSError("disk full")

    for method in ("write_text", "replace"):
        with monkeypatch.context() as patched:
            patched.setattr(Path, method, dies)
            with pytest.raises(OSError, match="disk full"):
                write_whole(file, "new")
        assert file.read_text() == "former"


def test_the_file_is_never_opened_for_writing(tmp_path: Path) -> None:
    """A reader that has the file open goes on reading the former content."""
    file = tmp_path / "state"
    write_whole(file, "former")
    with file.open() as reader:
        write_whole(file, "new")
        assert reader.read() == "former"
    assert file.read_text() == "new"
