"""A job resumes from the newest checkpoint that is complete."""

import os
from pathlib import Path

import pytest

from operators.flink.checkpoints import DamagedError, check_files, checkpoints, moved, state_files


def newest_checkpoint(folder: Path) -> Path | None:
    return next(iter(checkpoints(folder)), None)


def checkpoint(folder: Path, job: str, number: int, *, written_s: int = 100) -> Path:
    path = folder / job / f"chk-{number}"
    path.mkdir(parents=True)
    metadata = path / "_metadata"
    metadata.write_bytes(b"state")
    os.utime(metadata, (written_s, written_s))
    return path


def test_without_a_folder_there_is_none(tmp_path: Path) -> None:
    assert newest_checkpoint(tmp_path / "absent") is None
    assert newest_checkpoint(tmp_path) is None


def test_the_greatest_number_is_the_newest(tmp_path: Path) -> None:
    # As numbers: as texts "chk-9" would stand behind "chk-10".
    for number in (9, 10, 8):
        checkpoint(tmp_path, "job", number)
    assert newest_checkpoint(tmp_path) == tmp_path / "job" / "chk-10"


def test_an_incomplete_checkpoint_is_ignored(tmp_path: Path) -> None:
    complete = checkpoint(tmp_path, "job", 3)
    begun = tmp_path / "job" / "chk-4"
    begun.mkdir()
    (begun / "a-state-file").write_bytes(b"state")
    assert newest_checkpoint(tmp_path) == complete


def test_only_incomplete_checkpoints_are_none(tmp_path: Path) -> None:
    (tmp_path / "job" / "chk-1").mkdir(parents=True)
    assert newest_checkpoint(tmp_path) is None


def test_the_number_counts_before_the_time(tmp_path: Path) -> None:
    newest = checkpoint(tmp_path, "first", 12, written_s=100)
    checkpoint(tmp_path, "second", 11, written_s=900)
    assert newest_checkpoint(tmp_path) == newest


def test_of_the_same_number_the_later_written_counts(tmp_path: Path) -> None:
    # The second run fell back to an older checkpoint and made the number again.
    later = checkpoint(tmp_path, "a-second-run", 12, written_s=900)
    checkpoint(tmp_path, "b-first-run", 12, written_s=100)
    assert newest_checkpoint(tmp_path) == later


def test_other_folders_are_not_checkpoints(tmp_path: Path) -> None:
    real = checkpoint(tmp_path, "job", 1)
    for name in ("shared", "taskowned", "chk-old", "chk-9.tmp"):
        other = tmp_path / "job" / name
        other.mkdir()
        (other / "_metadata").write_bytes(b"")
    assert newest_checkpoint(tmp_path) == real


HEADER = bytes.fromhex("4960672d") + b"\0\0\0\6"


def handle(path: Path, size: int) -> bytes:
    """A file as Flink names it in ``_metadata``."""
    address = f"file:{path}".encode()
    return b"\2" + size.to_bytes(8) + len(address).to_bytes(2) + address


def with_state(epoch: Path, *names: str) -> Path:
    """A checkpoint that needs these files; each holds four bytes."""
    metadata = HEADER
    for name in names:
        file = epoch / "changelog" / "job" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"1234")
        metadata += b"some state" + handle(file.resolve(), 4)
    path = checkpoint(epoch / "checkpoints", "job", 5)
    (path / "_metadata").write_bytes(metadata + b"the end")
    return path


def test_a_checkpoint_with_all_its_files_is_whole(tmp_path: Path) -> None:
    found = with_state(tmp_path, "a", "b")
    check_files(found, tmp_path)
    metadata = (found / "_metadata").read_bytes()
    assert [file.path.name for file in state_files(metadata)] == ["a", "b"]


def test_state_inside_of_the_metadata_needs_no_file(tmp_path: Path) -> None:
    # Flink gives it the name of a file that was never written.
    found = with_state(tmp_path, "a")
    name = f"file:{tmp_path}/never-written".encode()
    inline = b"\1" + len(name).to_bytes(2) + name + b"\0\0\0\4data"
    (found / "_metadata").write_bytes((found / "_metadata").read_bytes() + inline)
    check_files(found, tmp_path)


@pytest.mark.parametrize("damage", ["missing", "short", "garbage", "empty"])
def test_damage_is_found(tmp_path: Path, damage: str) -> None:
    found = with_state(tmp_path, "a", "b")
    file = tmp_path / "changelog" / "job" / "b"
    if damage == "missing":
        file.unlink()
    elif damage == "short":
        file.write_bytes(b"12")
    else:
        (found / "_metadata").write_bytes(b"" if damage == "empty" else b"\x93garbage" * 20)
    with pytest.raises(DamagedError):
        check_files(found, tmp_path)


def test_state_of_another_installation_is_not_taken(tmp_path: Path) -> None:
    # A copied folder names the files of the original: resuming would remove them there.
    original = tmp_path / "original"
    found = with_state(original, "a")
    with pytest.raises(DamagedError, match="outside"):
        check_files(found, tmp_path / "copy")


def test_metadata_can_be_moved_to_another_folder(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "a longer name than before"
    found = with_state(old, "a", "b")
    metadata = (found / "_metadata").read_bytes()
    old.rename(new)
    there = new / found.relative_to(old)
    (there / "_metadata").write_bytes(moved(metadata, old.resolve(), new.resolve()))
    check_files(there, new)
    assert moved((there / "_metadata").read_bytes(), new.resolve(), old.resolve()) == metadata
