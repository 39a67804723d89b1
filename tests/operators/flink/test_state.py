"""Where ballots are kept: on the heap with a changelog, or in RocksDB, in bounded memory."""

from pathlib import Path
from typing import Any

import pytest

from operators.flink import semantics, votes
from operators.flink.state import state_settings

KINDS = ("memory", "disk")


def job(folder: Path, **more: Any) -> dict[str, str]:
    return votes.job_settings(
        connector_jar=folder / "a.jar", state=folder, parallelism=2, checkpoint_ms=1000,
        rest_port=1, **more,
    )  # fmt: skip


def test_the_heap_has_a_changelog_and_its_own_folder(tmp_path):
    found = state_settings("memory", tmp_path, 1024)
    assert (found["state.backend.type"], found["state.changelog.enabled"]) == ("hashmap", "true")
    assert found["state.changelog.dstl.dfs.base-path"] == f"file://{tmp_path}/changelog"


def test_rocksdb_copies_new_files_only_and_has_no_changelog(tmp_path):
    # With both, each ballot would be written twice, and no savepoint could be claimed.
    found = state_settings("disk", tmp_path, 1024)
    assert (found["state.backend.type"], found["state.changelog.enabled"]) == ("rocksdb", "false")
    assert found["execution.checkpointing.incremental"] == "true"


def test_rocksdb_stays_within_the_memory_it_is_given(tmp_path):
    found = state_settings("disk", tmp_path, 700)
    assert found["taskmanager.memory.managed.size"] == "700m"
    assert found["state.backend.rocksdb.memory.managed"] == "true"


@pytest.mark.parametrize("kind", KINDS)
def test_the_votes_job_keeps_ballots_where_it_is_told(tmp_path, kind):
    found = job(tmp_path, kind=kind, memory_mb=600)
    assert state_settings(kind, tmp_path, 600).items() <= found.items()


def test_clusters_are_always_kept_in_memory(tmp_path):
    found = semantics.job_settings(
        connector_jar=tmp_path / "a.jar", state=tmp_path, checkpoint_ms=1000, rest_port=1
    )
    assert found["state.backend.type"] == "hashmap"


def test_kinds_differ_in_nothing_that_a_plan_depends_on(tmp_path):
    memory, disk = (job(tmp_path, kind=kind, memory_mb=600) for kind in KINDS)
    differing = {key for key in memory | disk if memory.get(key) != disk.get(key)}
    assert not {key for key in differing if key.startswith(("table.", "pipeline.", "rest."))}
