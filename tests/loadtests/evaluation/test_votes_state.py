"""The votes job alone with Kafka, in memory and on disk: killed on the way, both count what is sent."""

import pytest

from loadtests.evaluation.votes_state import measure
from loadtests.workload import load

pytestmark = pytest.mark.alone

VOTES = 40_000


def test_a_job_killed_on_the_way_counts_the_same_in_memory_and_on_disk():
    """Re-votes of after the kill correct ballots of before: state is found again, or they differ."""
    workload = load("steady").model_copy(update={"votes": VOTES, "people": 4_000})
    runs = list(measure(workload, VOTES, ["disk", "memory"], 1_024, print))
    assert [run.kind for run in runs] == ["disk", "memory"]
    assert [run.different for run in runs] == [0, 0]
    for run in runs:
        assert run.restart_s > 0
        assert run.samples[-1].votes >= VOTES / 2
        assert run.samples[-1].rss_mb
