"""A stack that keeps ballots on disk: killed it goes on, and it counts what is to be counted."""

import os
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from stack.conftest import Stack, new_stack
from stack.test_kills import await_new_process, starts_of_the_job
from stack.test_rebuild import all_is_right, crowd, shown, total, wait_for

from infra.local.epochs import epoch_folder
from infra.local.services import SERVICES
from operators.flink.checkpoints import check_files, checkpoints, state_files
from pipelines.votes.restore_policy import kept_in

pytestmark = pytest.mark.alone

FIRST = 20_000


@pytest.fixture(scope="module")
def on_disk() -> Iterator[Stack]:
    with patch.dict(os.environ, TUTTI_STATE="disk"):
        made = new_stack()
        try:
            made.run("up")
            yield made
        finally:
            made.tear_down()


def newest_checkpoint(stack: Stack) -> Path:
    return checkpoints(epoch_folder(stack.settings, shown(stack)) / "checkpoints")[0]


def test_a_killed_job_goes_on_from_its_files_and_counts_all(on_disk):
    """Votes change and come again, before the kill and after it: state must be found again."""
    with crowd(on_disk, "on-disk", rate=300, first=FIRST) as voting:
        wait_for(lambda: total(on_disk, "on-disk") >= FIRST)
        old = on_disk.pid("votes")
        on_disk.kill("votes")
        await_new_process(on_disk, "votes", old)
        at = total(on_disk, "on-disk")
        wait_for(lambda: total(on_disk, "on-disk") > at)
    with crowd(on_disk, "on-disk", rate=1, first=FIRST) as again:
        # The same people vote the same again: found in state, or counted twice.
        wait_for(lambda: again.sent >= FIRST)
    all_is_right(on_disk, "on-disk", voting.sent)
    first, *others = starts_of_the_job(on_disk)
    assert first["checkpoint"] is None
    assert others
    assert all(start["checkpoint"] for start in others)
    assert {(start["epoch"], start["state"]) for start in (first, *others)} == {(1, "disk")}
    assert on_disk.json("reconcile")["verdict"] == "equal"


def test_what_a_checkpoint_needs_are_rocksdbs_files_within_the_epoch(on_disk):
    checkpoint = newest_checkpoint(on_disk)
    folder = epoch_folder(on_disk.settings, shown(on_disk))
    assert not (folder / "changelog").exists()
    check_files(checkpoint, folder)
    named = [file.path for file in state_files((checkpoint / "_metadata").read_bytes())]
    assert any(path.parent.name == "shared" for path in named)


def test_another_kind_is_asked_for_and_nothing_stands_still_until_it_is_rebuilt(on_disk):
    before, votes = shown(on_disk), total(on_disk, "on-disk")
    on_disk.run("down")
    with patch.dict(os.environ, TUTTI_STATE="memory"):
        on_disk.run("up")
        assert starts_of_the_job(on_disk)[-1]["state"] == "disk"
        assert "on disk, as it began, though TUTTI_STATE=memory" in warning_of_votes(on_disk)
        all_is_right(on_disk, "on-disk", votes)
        assert on_disk.json("rebuild", "--timeout", "600")["epoch"] > before
        assert kept_in(on_disk.settings, shown(on_disk)) == "memory"
        assert not warning_of_votes(on_disk)
        all_is_right(on_disk, "on-disk", votes)


def warning_of_votes(stack: Stack) -> str:
    [votes] = [service for service in SERVICES if service.name == "votes"]
    return str(votes.probe(stack.settings, stack.pid("votes")).facts.get("warning", ""))
