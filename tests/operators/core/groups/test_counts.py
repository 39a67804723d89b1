"""Group votes and consensus, given published groups, against a naive recount of the export."""

import csv
from math import prod

import numpy as np
import pytest
from conversations import pseudonym, read_conversation
from places import FIXTURES

from operators.core.groups.consensus import group_consensus
from operators.core.groups.counts import group_votes


def recounted(folder):
    """(group, proposal) → [agree, disagree, neutral], from the published table of people."""
    counts: dict[tuple[int, str], list[int]] = {}
    with (folder / "participants-votes.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            if not row["group-id"]:
                continue
            for name, value in row.items():
                if name.isdigit() and value:
                    cell = counts.setdefault((int(row["group-id"]), name), [0, 0, 0])
                    cell[("1", "-1", "0").index(value)] += 1
    return counts


def check(folder):
    conversation = read_conversation(folder)
    opinions = conversation.opinions()
    place = {name: n for n, name in enumerate(opinions.participants.tolist())}
    published = {place[pseudonym(v)]: g for v, g in conversation.published.items()}
    members = np.array(sorted(published))
    groups = np.array([published[member] for member in members])
    k = int(groups.max()) + 1
    votes = group_votes(opinions, members, groups, k)
    expected = recounted(folder)
    for column, proposal in enumerate(opinions.proposals):
        cells = [expected.get((group, proposal), [0, 0, 0]) for group in range(k)]
        found = [
            [int(counts[group, column]) for counts in (votes.agree, votes.disagree, votes.neutral)]
            for group in range(k)
        ]
        assert found == cells, proposal
        consensus = group_consensus([(a, d, a + d + u) for a, d, u in cells])
        if min(map(sum, cells)) < 5:
            assert consensus is None
        else:
            gic = prod((a + 1) / (a + d + u + 2) for a, d, u in cells)
            assert consensus.gic.value == pytest.approx(gic, rel=1e-14)


def test_group_votes_and_consensus_of_the_invented_export_equal_a_recount():
    check(FIXTURES / "polis")


@pytest.mark.parametrize(
    "name", ["scoop-hivemind.taxes", "scoop-hivemind.biodiversity", "london.youth.policing"]
)
def test_group_votes_and_consensus_equal_a_recount(shared_data, name):
    check(shared_data / "polis" / name)
