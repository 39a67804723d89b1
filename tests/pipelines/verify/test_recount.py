"""The recount's own arithmetic; that it equals the live count, the tests of the stack show."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.core.votes.tally import COUNTERS
from pipelines.verify.recount import RANGE, Recount, is_probe, ranges
from schemas.reserved import PROBE_CONSULTATION

BROKER_MS = 1_780_000_000_000
NONE = (0,) * len(COUNTERS)


@given(
    st.dictionaries(
        st.integers(0, 3),
        st.tuples(st.integers(0, 3 * RANGE), st.integers(0, 3 * RANGE)).map(sorted).map(tuple),
    )
)
def test_every_offset_is_read_once_and_by_no_more_than_one_worker(partitions):
    pieces = ranges(partitions)
    assert all(0 < piece.end - piece.start <= RANGE for piece in pieces)
    for partition, (first, end) in partitions.items():
        own = [piece for piece in pieces if piece.partition == partition]
        bounds = [first, *(piece.end for piece in own)]
        assert [piece.start for piece in own] == bounds[:-1]
        assert bounds[-1] == end


def counts(**named: int) -> tuple[int, ...]:
    return tuple(named.get(name, 0) for name in COUNTERS)


def test_a_cell_is_the_sum_of_its_minutes():
    found = Recount(
        {
            ("c", "p", "FR", "trusted", 1): counts(agree=2, like_it=1),
            ("c", "p", "FR", "trusted", 9): counts(agree=1, neutral=4),
            ("c", "p", "DE", "trusted", 1): counts(disagree=5),
        },
        {},
        {},
    )
    assert found.cells() == {
        ("c", "p", "FR", "trusted"): counts(agree=3, like_it=1, neutral=4),
        ("c", "p", "DE", "trusted"): counts(disagree=5),
    }


@pytest.mark.parametrize(
    ("changed", "probe"),
    [
        ({}, True),
        ({"consultation_id": "mine"}, False),
        ({"choice": "perhaps"}, False),  # rejected: of nobody
    ],
)
def test_only_an_accepted_vote_of_the_probe_is_one(changed, probe):
    vote = {
        "consultation_id": PROBE_CONSULTATION,
        "proposal_id": "p",
        "participant_id": "probe",
        "choice": "agree",
        "cast_at": "2026-05-01T12:00:00Z",
    }
    assert is_probe(orjson.dumps(vote | changed), BROKER_MS) is probe
    assert not is_probe(None, BROKER_MS)
