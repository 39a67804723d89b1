"""A job resumes from the newest checkpoint that is complete."""

import os
from pathlib import Path

from operators.flink.resume import newest_checkpoint


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
