"""The votes job's memory follows from where ballots are kept, unless a setting says otherwise."""

import pytest
from pydantic import ValidationError

from infra.config.settings import Settings


def test_on_disk_a_smaller_heap_is_enough():
    memory, disk = Settings(state="memory"), Settings(state="disk")
    assert (memory.votes_heap_mb(["memory"]), disk.votes_heap_mb(["disk"])) == (2048, 768)
    assert disk.votes_memory_mb == 768 + disk.state_memory_mb
    assert memory.votes_memory_mb == 2048


def test_a_job_that_may_find_ballots_in_memory_has_the_heap_for_them():
    assert Settings(state="disk").votes_heap_mb(["disk", "memory"]) == 2048


def test_a_heap_that_is_given_is_taken_for_every_kind(monkeypatch):
    monkeypatch.setenv("TUTTI_FLINK_HEAP_MB", "5000")
    ours = Settings()
    assert [ours.votes_heap_mb([kind]) for kind in ("memory", "disk")] == [5000, 5000]


@pytest.mark.parametrize(
    ("name", "value"), [("state", "tape"), ("state_memory_mb", 100), ("flink_heap_mb", 100)]
)
def test_what_is_no_kind_or_too_little_is_said(name, value):
    with pytest.raises(ValidationError, match=name):
        Settings(**{name: value})
