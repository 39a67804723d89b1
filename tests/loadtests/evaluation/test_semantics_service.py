"""What the measurement of the semantics service says and when it is too slow."""

import pytest

from loadtests.evaluation.partition_agreement import PartitionAgreement
from loadtests.evaluation.semantics_service import (
    LARGE,
    MAX_LARGE_S,
    ClusteredConsultation,
    SemanticsMeasurement,
    VotesBeside,
    lines,
)


def consultation(proposals: int, seconds: float) -> ClusteredConsultation:
    agreement = PartitionAgreement(0.8, 0.5, 0.6, 30)
    return ClusteredConsultation(
        "large", proposals, seconds, 100, 1_500, 10**6, 40, 60, agreement, None
    )


@pytest.mark.parametrize(
    ("proposals", "seconds", "beside", "fast_enough"),
    [
        (LARGE, MAX_LARGE_S, 900, True),
        (LARGE, MAX_LARGE_S + 1, 900, False),
        (LARGE - 1, MAX_LARGE_S + 1, 900, True),  # the bound is on one size
        (LARGE, 10, 700, False),
    ],
)
def test_time_and_the_share_of_votes_have_bounds(proposals, seconds, beside, fast_enough) -> None:
    votes = VotesBeside([990, 1_000, 1_100], [beside])
    measured = SemanticsMeasurement([], consultation(proposals, seconds), votes)
    assert measured.fast_enough is fast_enough


def test_without_a_large_consultation_nothing_is_too_slow() -> None:
    assert SemanticsMeasurement([]).fast_enough


def test_agreement_is_printed_where_there_are_labels() -> None:
    first, *agreements = lines(consultation(3_000, 30))
    assert first.startswith("large: 3,000 proposals in 30 s (100/s), 1,500 MiB, state 1.0 MB")
    assert agreements == [
        "  final: NMI 0.800 · adjusted Rand 0.500 · B-cubed F1 0.600 · 30 clusters"
    ]
