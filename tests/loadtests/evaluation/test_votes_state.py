"""The votes job alone with Kafka, in memory and on disk: killed on the way, both count all."""

import pytest

from loadtests.evaluation.votes_state import measure
from loadtests.workload import load

pytestmark = pytest.mark.alone

VOTES = 40_000


def test_a_job_killed_on_the_way_counts_the_same_in_memory_and_on_disk():
    """Re-votes after the kill correct ballots of before it: only with its state are they right."""
    workload = load("steady").model_copy(update={"votes": VOTES, "people": 4_000})
    runs = list(measure(workload, VOTES, ["disk", "memory"], 1_024, print))
    assert [run.kind for run in runs] == ["disk", "memory"]
    assert [run.different for run in runs] == [0, 0]
    assert all(run.restart_s > 0 for run in runs)
    assert all(run.samples[-1].votes > VOTES * 0.9 for run in runs)
