"""The votes job alone with Kafka, ballots on disk: killed on the way, it counts all of them."""

import pytest

from loadtests.evaluation.votes_state import measure
from loadtests.workload import load

pytestmark = pytest.mark.alone

VOTES = 40_000


def test_a_job_killed_on_the_way_goes_on_from_its_files_and_counts_all():
    """Re-votes after the kill correct ballots of before it: only with its state are they right."""
    workload = load("steady").model_copy(update={"votes": VOTES, "people": 4_000})
    [run] = measure(workload, VOTES, ["disk"], 1_024, print)
    assert run.kind == "disk"
    assert run.different == 0
    assert run.restart_s > 0
    assert run.samples[-1].votes > VOTES * 0.9
