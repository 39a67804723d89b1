"""Where the votes job starts: at a checkpoint, or anew in an epoch without output."""

from pathlib import Path

import pytest

from infra.settings import Settings
from pipelines.votes import choose_start, epoch_folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def checkpoint(settings: Settings, epoch: int, number: int = 7) -> Path:
    path = epoch_folder(settings, epoch) / "checkpoints" / "job" / f"chk-{number}"
    path.mkdir(parents=True)
    (path / "_metadata").write_bytes(b"state")
    return path


def test_the_first_start_counts_into_epoch_1(settings: Settings) -> None:
    assert choose_start(settings, set()) == (1, None)


def test_a_restart_resumes_the_newest_checkpoint_of_its_epoch(settings: Settings) -> None:
    checkpoint(settings, 1, 9)
    newest = checkpoint(settings, 1, 10)
    assert choose_start(settings, {1}) == (1, newest)


def test_killed_before_the_first_checkpoint_and_before_any_output_it_starts_again(
    settings: Settings,
) -> None:
    epoch_folder(settings, 1).mkdir(parents=True)
    assert choose_start(settings, set()) == (1, None)


def test_without_a_checkpoint_nothing_is_counted_into_an_epoch_that_has_output(
    settings: Settings,
) -> None:
    # A cell that the former run wrote and the new one never touches would stay.
    assert choose_start(settings, {1}) == (2, None)
    epoch_folder(settings, 1).mkdir(parents=True)
    assert choose_start(settings, {1}) == (2, None)
    assert choose_start(settings, {1, 2, 5}) == (6, None)


def test_an_incomplete_checkpoint_is_none(settings: Settings) -> None:
    (epoch_folder(settings, 1) / "checkpoints" / "job" / "chk-1").mkdir(parents=True)
    assert choose_start(settings, {1}) == (2, None)


def test_the_newest_epoch_is_resumed_and_no_older_one(settings: Settings) -> None:
    checkpoint(settings, 1)
    newest = checkpoint(settings, 2)
    assert choose_start(settings, {1, 2}) == (2, newest)
    assert choose_start(settings, {1}) == (2, newest)


def test_a_rebuild_that_has_just_begun_is_gone_on_with(settings: Settings) -> None:
    # `rebuild` makes the folder of the next epoch: it has neither checkpoint nor output yet.
    checkpoint(settings, 1)
    epoch_folder(settings, 2).mkdir(parents=True)
    assert choose_start(settings, {1}) == (2, None)


def test_epochs_compare_as_numbers(settings: Settings) -> None:
    checkpoint(settings, 9)
    newest = checkpoint(settings, 10)
    assert choose_start(settings, {9, 10}) == (10, newest)


def test_output_of_an_epoch_without_a_folder_is_not_counted_into(settings: Settings) -> None:
    # The folder of state was lost, or is another machine's: old checkpoints are of an older count.
    checkpoint(settings, 1)
    assert choose_start(settings, {1, 2}) == (3, None)
