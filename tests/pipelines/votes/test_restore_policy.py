"""Where a count starts: at a checkpoint that is whole and fits, or anew in an epoch never used."""

from pathlib import Path
from shutil import rmtree

import pytest

from infra.config.settings import Settings
from infra.local.epochs import (
    RebuildRecord,
    epoch_folder,
    read_rebuild_record,
    update_rebuild_record,
)
from operators.flink.checkpoints import DamagedError
from operators.flink.plan import Plan
from pipelines.flink.checkpoint_records import (
    MAX_TRIES,
    record_completed,
    record_damage,
    record_try,
)
from pipelines.flink.restore import RestorePlan
from pipelines.votes.restore_policy import (
    CannotRestoreError,
    EpochOutputs,
    RestorePolicy,
    kept_in,
    may_be_kept_in,
    record_plan,
    still_kept_in,
)

PLAN = Plan(1, "the plan")
NONE = RebuildRecord()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def checkpoint(settings: Settings, epoch: int, number: int = 7) -> Path:
    folder = epoch_folder(settings, epoch)
    path = folder / "checkpoints" / "job" / f"chk-{number}"
    path.mkdir(parents=True)
    (path / "_metadata").write_bytes(b"state")
    record_plan(folder, PLAN, "memory")
    return path


def damaged(path: Path, _folder: Path) -> None:
    if (path / "_metadata").read_bytes() != b"state":
        raise DamagedError("garbage")


def policy(settings: Settings, *live: int, whole: bool = True, ever: tuple[int, ...] = ()):
    outputs = EpochOutputs(frozenset(live), frozenset(live + ever))
    return RestorePolicy(settings, PLAN, outputs, whole, damaged)


def test_the_first_start_counts_into_epoch_1(settings: Settings) -> None:
    assert policy(settings).votes(NONE, 0) == RestorePlan(1, None)


def test_a_restart_resumes_the_newest_checkpoint_of_its_epoch(settings: Settings) -> None:
    checkpoint(settings, 1, 9)
    newest = checkpoint(settings, 1, 10)
    assert policy(settings, 1).votes(NONE, 1) == RestorePlan(1, newest)


def test_killed_before_the_first_checkpoint_and_before_any_output_it_starts_again(
    settings: Settings,
) -> None:
    epoch_folder(settings, 1).mkdir(parents=True)
    assert policy(settings).votes(NONE, 0) == RestorePlan(1, None)


def test_nothing_is_counted_anew_into_an_epoch_that_has_output(settings: Settings) -> None:
    # A cell that the former run wrote and the new one never touches would stay.
    assert policy(settings, 1).votes(NONE, 1) == RestorePlan(2, None)
    epoch_folder(settings, 1).mkdir(parents=True)
    assert policy(settings, 1).votes(NONE, 1) == RestorePlan(2, None)
    assert policy(settings, 1, 2, 5).votes(NONE, 1) == RestorePlan(6, None)
    assert policy(settings, 1, ever=(8,)).votes(NONE, 1) == RestorePlan(9, None)


def test_an_incomplete_checkpoint_is_none(settings: Settings) -> None:
    (epoch_folder(settings, 1) / "checkpoints" / "job" / "chk-1").mkdir(parents=True)
    assert policy(settings, 1).votes(NONE, 1) == RestorePlan(2, None)


def test_the_newest_epoch_is_resumed_and_no_older_one(settings: Settings) -> None:
    checkpoint(settings, 9)
    newest = checkpoint(settings, 10)
    assert policy(settings, 9, 10).votes(NONE, 9) == RestorePlan(10, newest)
    # Its folder is lost, or is another machine's: old checkpoints are of an older count.
    assert policy(settings, 9, 10, 11).votes(NONE, 9) == RestorePlan(12, None)


def test_the_running_count_does_not_take_the_one_that_is_being_rebuilt(settings: Settings) -> None:
    ours = checkpoint(settings, 1)
    theirs = checkpoint(settings, 2)
    note = RebuildRecord(rebuilding=2)
    assert policy(settings, 1, 2).votes(note, 1) == RestorePlan(1, ours)
    assert policy(settings, 1, 2).rebuild(note, 1) == RestorePlan(2, theirs)
    # When the rebuild is done it is simply the newest.
    assert policy(settings, 1, 2).votes(NONE, 2) == RestorePlan(2, theirs)


def test_a_rebuild_without_state_takes_an_epoch_never_used(settings: Settings) -> None:
    checkpoint(settings, 1)
    note = RebuildRecord(rebuilding=2)
    assert policy(settings, 1).rebuild(note, 1) == RestorePlan(2, None)
    assert policy(settings, 1, 2).rebuild(note, 1) == RestorePlan(3, None)
    assert policy(settings, 1, 2).rebuild(RebuildRecord(2, (3,)), 1) == RestorePlan(4, None)


def test_a_rebuild_that_an_upgrade_met_begins_anew(settings: Settings) -> None:
    checkpoint(settings, 2)
    record_plan(epoch_folder(settings, 2), Plan(0, "an older one"), "memory")
    assert policy(settings, 1, 2).rebuild(RebuildRecord(rebuilding=2), 1) == RestorePlan(3, None)


def test_the_running_count_without_state_leaves_its_place_to_the_rebuild(
    settings: Settings,
) -> None:
    with pytest.raises(CannotRestoreError, match="takes its place"):
        policy(settings, 1, 2).votes(RebuildRecord(rebuilding=2), 1)


def test_an_epoch_given_up_is_never_resumed(settings: Settings) -> None:
    ours = checkpoint(settings, 1)
    checkpoint(settings, 2)
    assert policy(settings, 1, 2).votes(RebuildRecord(None, (2,)), 1) == RestorePlan(1, ours)
    assert policy(settings, 1).votes(RebuildRecord(None, (1, 2)), 1) == RestorePlan(3, None)


def test_an_epoch_behind_the_shown_one_would_never_be_seen(settings: Settings) -> None:
    # The sink switched to a rebuild at the moment it was given up.
    checkpoint(settings, 1)
    assert policy(settings, 1).votes(RebuildRecord(None, (2,)), 2) == RestorePlan(3, None)


def test_damage_counts_anew_and_takes_no_older_checkpoint(settings: Settings) -> None:
    # From an older one, numbers that people have seen would step back for a moment.
    checkpoint(settings, 1, 8)
    (checkpoint(settings, 1, 9) / "_metadata").write_bytes(b"garbage")
    assert policy(settings, 1).votes(NONE, 1) == RestorePlan(2, None)


def test_a_deleted_newest_checkpoint_is_noticed(settings: Settings) -> None:
    older = checkpoint(settings, 1, 8)
    record_completed(9, older.parent)
    assert policy(settings, 1).votes(NONE, 1) == RestorePlan(2, None)
    record_completed(8, older.parent)
    assert policy(settings, 1).votes(NONE, 1) == RestorePlan(1, older)


def test_the_loss_of_a_newest_checkpoint_that_nobody_had_noted_is_noticed(
    settings: Settings,
) -> None:
    oldest = checkpoint(settings, 1, 8)
    checkpoint(settings, 1, 9)
    run = checkpoint(settings, 1, 10).parent
    record_completed(10, run)
    rmtree(oldest)  # as Flink does when there is a newer one
    assert policy(settings, 1).votes(NONE, 1) == RestorePlan(2, None)
    newest = checkpoint(settings, 1, 11)
    assert policy(settings, 1).votes(NONE, 1) == RestorePlan(1, newest)
    # Of another run, whose first checkpoint nobody has noted yet.
    first = run.parent / "another" / "chk-12"
    first.mkdir(parents=True)
    (first / "_metadata").write_bytes(b"state")
    assert policy(settings, 1).votes(NONE, 1) == RestorePlan(1, first)


def test_what_could_not_be_restored_is_not_tried_again(settings: Settings) -> None:
    newest = checkpoint(settings, 1, 9)
    record_damage(newest, epoch_folder(settings, 1))
    assert policy(settings, 1).votes(NONE, 1) == RestorePlan(2, None)


def test_a_checkpoint_is_tried_for_a_while_and_not_for_ever(settings: Settings) -> None:
    newest, folder = checkpoint(settings, 1, 9), epoch_folder(settings, 1)
    for _ in range(MAX_TRIES):
        record_try(newest, folder)
        assert policy(settings, 1).votes(NONE, 1) == RestorePlan(1, newest)
    record_completed(9, newest.parent)  # it went well: counted from the beginning
    for _ in range(MAX_TRIES + 1):
        record_try(newest, folder)
    assert policy(settings, 1).votes(NONE, 1) == RestorePlan(2, None)


def test_without_the_start_of_the_log_an_older_checkpoint_is_better_than_nothing(
    settings: Settings,
) -> None:
    older = checkpoint(settings, 1, 8)
    (checkpoint(settings, 1, 9) / "_metadata").write_bytes(b"garbage")
    assert policy(settings, 1, whole=False).votes(NONE, 1) == RestorePlan(1, older)
    (older / "_metadata").write_bytes(b"garbage")
    with pytest.raises(CannotRestoreError, match="restore a backup"):
        policy(settings, 1, whole=False).votes(NONE, 1)


@pytest.mark.parametrize("made", [Plan(1, "an edited one"), Plan(0, "an older one"), None])
def test_state_of_another_plan_is_refused(settings: Settings, made: Plan | None) -> None:
    checkpoint(settings, 1)
    folder = epoch_folder(settings, 1)
    if made is None:  # as before plans were noted
        (folder / "plan.json").unlink()
    else:
        record_plan(folder, made, "memory")
    with pytest.raises(CannotRestoreError, match="run tutti rebuild"):
        policy(settings, 1).votes(NONE, 1)


def test_a_count_says_where_it_keeps_its_ballots(settings: Settings) -> None:
    checkpoint(settings, 1)
    checkpoint(settings, 2)
    record_plan(epoch_folder(settings, 2), PLAN, "disk")
    assert (kept_in(settings, 1), kept_in(settings, 2)) == ("memory", "disk")


def test_state_of_before_the_choice_is_in_memory(settings: Settings) -> None:
    checkpoint(settings, 1)
    folder = epoch_folder(settings, 1)
    (folder / "plan.json").write_text(f'{{"version": 1, "sha256": "{PLAN.sha256}"}}')
    on_disk = settings.model_copy(update={"state": "disk"})
    assert kept_in(on_disk, 1) == "memory"
    (folder / "plan.json").unlink()
    assert kept_in(on_disk, 1) == "memory"


def test_another_kind_is_asked_for_and_the_count_goes_on_as_it_began(settings: Settings) -> None:
    # Nothing stands still: a checkpoint of one kind is never read as the other.
    newest = checkpoint(settings, 1)
    on_disk = settings.model_copy(update={"state": "disk"})
    assert policy(on_disk, 1).votes(NONE, 1) == RestorePlan(1, newest)
    assert kept_in(on_disk, 1) == "memory"
    sentence = still_kept_in("memory")
    assert "in memory, as it began, though TUTTI_STATE=disk: run tutti rebuild" in sentence
    assert "counts anew on disk" in sentence


def test_the_heap_suits_every_count_that_may_be_chosen(settings: Settings) -> None:
    on_disk = settings.model_copy(update={"state": "disk"})
    assert may_be_kept_in(on_disk, NONE, beside=False) == {"disk"}
    checkpoint(settings, 1)
    rebuilding = RebuildRecord(rebuilding=2)
    assert may_be_kept_in(on_disk, rebuilding, beside=False) == {"memory", "disk"}
    # Beside it, only the other one is of importance.
    assert may_be_kept_in(on_disk, rebuilding, beside=True) == {"disk"}
    checkpoint(settings, 2)
    assert may_be_kept_in(on_disk, rebuilding, beside=True) == {"memory", "disk"}


def test_the_note_is_kept(settings: Settings) -> None:
    assert read_rebuild_record(settings) == RebuildRecord()
    update_rebuild_record(settings, lambda note: RebuildRecord(4, note.abandoned))
    update_rebuild_record(settings, lambda note: note.abandon(4))
    assert read_rebuild_record(settings) == RebuildRecord(None, (4,))
    assert update_rebuild_record(settings, lambda note: note.forget(4)) == RebuildRecord()
