"""The recount's own arithmetic; that it equals the live count, the tests of the stack show."""

import random
from collections import Counter
from datetime import UTC, datetime

import apache_beam as beam
import orjson
import pytest
from apache_beam.testing.test_pipeline import TestPipeline
from apache_beam.testing.util import assert_that, equal_to
from hypothesis import given
from hypothesis import strategies as st

from operators.core.votes.acceptance import Acceptance
from operators.core.votes.ballots import Origin
from operators.core.votes.tally import COUNTERS
from pipelines.intake.signed_rates import SignedRates
from pipelines.verify.recount import RANGE, Message, Recount, is_probe, judged, ranges
from schemas.dated_rules import DatedRules
from schemas.reserved import PROBE_CONSULTATION
from schemas.signatures import signed_headers
from schemas.sources import SigningPolicy, SourceEntry, Sources
from schemas.topics import VOTES

BROKER_MS = 1_780_000_000_000
KEY = b"\1" * 32
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


def signed_log() -> list[Message]:
    """Votes of a source that may sign 60 a minute on a partition, of a forger, and of nobody."""
    log = []
    for number in range(500):
        payload = orjson.dumps(
            {
                "consultation_id": "c" if number % 50 else "foreign",
                "proposal_id": "p",
                "participant_id": f"p-{number}",
                "choice": "agree",
                "cast_at": "2026-05-01T12:00:00Z",
            }
        )
        key = b"\2" * 32 if number % 9 == 0 else KEY
        headers = signed_headers("web", key, payload) if number % 7 else None
        origin = Origin(number % 2, number // 2, BROKER_MS + number * 200)
        log.append((payload, origin, headers))
    return log


def test_beam_and_intake_give_each_message_the_same_verdict_whatever_its_order():
    start = datetime(2026, 5, 1, tzinfo=UTC)
    source = SourceEntry("web", start, KEY.hex(), consultations=("c",), kafka_rate=1)
    rules = DatedRules(sources=Sources([source], [SigningPolicy(start, "signed")]))
    log = signed_log()
    plain = Acceptance(lambda _, person: person, rules).by_topic()
    intake = SignedRates(lambda *_: ()).limiting(plain, rules.sources)
    expected: Counter[tuple[int, bool]] = Counter()
    reasons: Counter[str] = Counter()
    for payload, origin, headers in log:
        record = intake[VOTES.name](payload, origin, headers)
        expected[origin.partition, bool(record.rejected)] += 1
        reasons[record.rejected] += 1
    assert set(reasons) == {"", "bad_signature", "not_your_consultation", "rate_exceeded"}
    random.Random(5).shuffle(log)
    with TestPipeline() as pipeline:
        ballots, counted = judged(pipeline | beam.Create(log), rules)
        found = counted | beam.CombinePerKey(sum)
        assert_that(found, equal_to(list(expected.items())), label="counted")
        number = ballots | beam.combiners.Count.Globally()
        assert_that(number, equal_to([reasons[""]]), label="ballots")
