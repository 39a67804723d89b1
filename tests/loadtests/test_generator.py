"""The generator: the same votes each time, sent when they are due, and what must come out."""

import json
import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests import workload
from loadtests.encoding import VoteEncoder, bad_reasons
from loadtests.expected import expect
from loadtests.generator import Generator, TrafficPlan
from loadtests.markers import MARKER_S, marker, summary
from loadtests.schedule import Schedule
from loadtests.votes import Segment, Votes
from loadtests.workload import Workload
from operators.core.votes.ballots import MINUTE_MS, Origin, ballot_of
from operators.core.votes.tally import Tally
from schemas.events import Vote
from schemas.rejections import Rejection
from schemas.rules import validate_vote

START_MS = 1_790_000_000_000
BROKER_MS = START_MS + 3_600_000


def clock() -> int:
    return START_MS


def small(**more) -> Workload:
    """People and proposals are few, so that ballots meet."""
    return workload.load("steady").model_copy(
        update={
            "votes": 20_000,
            "people": 400,
            "proposals": 30,
            "revote_share": 0.2,
            "bad_share": 0.05,
            "late_share": 0.2,
            "rate": 5_000,
        }
        | more
    )


def messages(made: Workload, segment: Segment, step: int = 1_000):
    """Keys and values of a segment, in order."""
    schedule = Schedule(made, segment.rate, segment.seconds) if segment.seconds else None
    votes, encoder = Votes(made), VoteEncoder(made, clock)
    for first in range(segment.first, segment.first + segment.count, step):
        numbers = np.arange(first, min(first + step, segment.first + segment.count))
        made_of = encoder.messages(votes.columns(segment, schedule, numbers))
        yield from zip(made_of.keys, made_of.values, strict=True)


def test_chunks_of_any_size_give_the_same_votes() -> None:
    made = small()
    segment = Segment(100, 3_000, START_MS, made.rate, 0)
    assert list(messages(made, segment, 7)) == list(messages(made, segment, 4_096))


def test_another_seed_gives_other_votes() -> None:
    segment = Segment(0, 100, START_MS, 5_000, 0)
    one, other = (list(messages(small(seed=seed), segment)) for seed in (1, 2))
    assert one != other


@pytest.mark.parametrize("name", workload.names())
def test_messages_are_accepted_or_refused_as_they_are_meant_to_be(name: str) -> None:
    made = workload.load(name).model_copy(update={"bad_share": 0.3})
    segment = Segment(0, 5_000, START_MS, made.rate, 0)
    votes, encoder = Votes(made), VoteEncoder(made, clock)
    columns = votes.columns(segment, None, np.arange(5_000))
    reasons, numbers = bad_reasons(), encoder.bad_number(columns)
    for row, (key, value) in enumerate(messages(made, segment)):
        verdict = validate_vote(value, BROKER_MS)
        if columns.bad[row]:
            assert isinstance(verdict, Rejection)
            assert verdict.reason == reasons[numbers[row]]
            continue
        assert isinstance(verdict, Vote), value
        chosen = votes.variants[columns.variant[row]]
        ballot = ballot_of(verdict, Origin(0, row, BROKER_MS))
        assert verdict.participant_id == f"u-{columns.person[row]:08d}" == key.decode()
        assert verdict.proposal_id == f"p-{columns.proposal[row]:05d}"
        assert verdict.country == votes.countries[columns.country[row]]
        assert (verdict.choice, verdict.qualifications, verdict.trust) == chosen
        assert (ballot.cast_ms, ballot.qualifications) == (columns.cast_ms[row], chosen.bits)


@pytest.mark.parametrize("more", [{}, {"cast_days": 39.0}, {"proposals": 1}, {"bad_share": 0.2}])
def test_the_expected_result_is_that_of_a_naive_recount_of_the_messages(more) -> None:
    made = small(**more)
    segments = [
        Segment(0, 4_000, START_MS, 2_000, 2),
        Segment(4_000, 3_000, START_MS + 60_000, 5_000, 0),
    ]
    expected = expect(made, segments, clock)

    latest: dict[tuple[str, str], tuple[int, int, object]] = {}
    rejected: Counter[str] = Counter()
    for order, (_, value) in enumerate(m for s in segments for m in messages(made, s)):
        verdict = validate_vote(value, BROKER_MS)
        if isinstance(verdict, Rejection):
            rejected[verdict.reason] += 1
            continue
        ballot = ballot_of(verdict, Origin(0, order, BROKER_MS))
        pair = (verdict.proposal_id, verdict.participant_id)
        latest[pair] = max(latest.get(pair, (0, 0, None)), (ballot.cast_ms, order, ballot))
    tallies: dict[tuple[str, str, str], Tally] = {}
    windows: dict[tuple[str, str, str, int], Tally] = {}
    for (proposal, _), (_, _, ballot) in latest.items():
        if ballot.choice == "withdrawn":
            continue
        cell = (proposal, ballot.country, ballot.trust)
        for found, key in ((tallies, cell), (windows, (*cell, ballot.cast_ms // MINUTE_MS))):
            found.setdefault(key, Tally()).add(ballot.choice, ballot.qualifications)

    countries, trusts = list(made.countries), list(made.trust)

    def code(proposal: str, country: str, trust: str, minute: int = 0) -> int:
        place = int(proposal[2:]) * len(countries) + countries.index(country)
        return (place * len(trusts) + trusts.index(trust)) << 32 | minute

    for cells, naive in ((expected.tallies, tallies), (expected.windows, windows)):
        found = dict(zip(cells.codes.tolist(), cells.counts.tolist(), strict=True))
        assert found == {code(*key): [*t.result().values()] for key, t in naive.items()}
    assert expected.rejected == dict(rejected)
    assert expected.accepted == 7_000 - rejected.total()
    assert len(latest) < expected.accepted  # there were re-votes, or this proves little


def test_votes_of_one_millisecond_count_in_the_order_sent() -> None:
    one = {"people": 1, "proposals": 1, "revote_share": 0, "bad_share": 0, "votes": 9}
    segment = Segment(0, 9, START_MS, 1e9, 0)
    for seed in range(20):  # the first vote often says what the last one says, but not each time
        made = small(**one, late_s=0, spread_s=0, seed=seed)
        columns = Votes(made).columns(segment, None, np.arange(9))
        assert len(set(columns.cast_ms.tolist())) == 1
        chosen = Votes(made).variants[columns.variant[-1]]
        expected = expect(made, [segment], clock)
        counted = dict(zip(Tally().result(), expected.tallies.counts[0].tolist(), strict=True))
        found = [name for name in ("agree", "disagree", "neutral") if counted[name]]
        assert found == [chosen.choice], seed


def test_the_votes_of_a_later_segment_are_cast_from_its_own_start() -> None:
    made = small(late_share=0.0, spread_s=0.0)
    segment = Segment(9_000, 2_000, START_MS + 60_000, 1_000, 2)
    schedule = Schedule(made, segment.rate, segment.seconds)
    cast = Votes(made).columns(segment, schedule, np.arange(9_000, 11_000)).cast_ms
    assert (cast[0], cast[-1]) == (START_MS + 60_000, START_MS + 61_999)


def test_a_steady_rate_is_due_evenly() -> None:
    schedule = Schedule(small(), rate=1_000, seconds=10)
    assert schedule.votes == 10_000
    assert np.allclose(schedule.times(np.arange(10_000)), np.arange(10_000) / 1_000)


def test_the_peak_is_eight_times_the_rate_within_ten_seconds() -> None:
    schedule = Schedule(workload.load("peak"), rate=1_000, seconds=60)
    assert schedule.due(15) - schedule.due(14) == pytest.approx(1_000, abs=2)
    assert schedule.due(26) - schedule.due(25) == pytest.approx(8_000, abs=2)
    assert schedule.due(60) == schedule.votes


@given(
    rate=st.floats(10, 100_000), seconds=st.floats(0.5, 30), name=st.sampled_from(["peak", "hot"])
)
def test_times_rise_and_agree_with_what_is_due(rate: float, seconds: float, name: str) -> None:
    schedule = Schedule(workload.load(name), rate, seconds)
    numbers = np.linspace(0, schedule.votes, 50).astype(np.int64)
    times = schedule.times(numbers)
    assert (np.diff(times) >= 0).all()
    assert times[-1] <= seconds
    for number, at in zip(numbers.tolist(), times.tolist(), strict=True):
        assert abs(schedule.due(at) - number) <= 1 + rate / 1000


class SlowBroker:
    """Takes nothing before `open_s`, as a producer whose queue is full."""

    def __init__(self) -> None:
        self.open_s = 0.0
        self.taken: list[tuple[bytes, bytes]] = []

    def produce(self, _topic: str, value: bytes, key: bytes) -> None:
        if time.monotonic() < self.open_s:
            raise BufferError
        self.taken.append((key, value))

    def poll(self, seconds: float) -> int:
        time.sleep(seconds)
        return 0

    def flush(self, _seconds: float) -> int:
        return 0


def test_a_slow_broker_delays_no_intended_time() -> None:
    made = small(bad_share=0.0, spread_s=0.0, late_share=0.0)
    broker = SlowBroker()
    generator = Generator(TrafficPlan(made.model_dump(), 0, 0, 500, 2, 0), broker, clock)
    broker.open_s = generator.started.start_s + 1
    sent = generator.run({})
    votes = [json.loads(value) for key, value in broker.taken if key.startswith(b"u-")]
    assert sent.votes == len(votes) == 1_000
    # Cast times are the intended ones: one each 2 ms from the start, the stall notwithstanding.
    schedule = Schedule(made, 500, 2)
    columns = Votes(made).columns(
        Segment(0, 1_000, generator.started.start_ms, 500, 2), schedule, np.arange(1_000)
    )
    assert np.diff(columns.cast_ms).max() <= 3
    # The first votes waited a second, and it says so.
    assert sent.lag_ms[2] > 800
    markers = [json.loads(value) for key, value in broker.taken if key.startswith(b"marker")]
    assert len(markers) == sent.markers
    assert sent.markers >= int(2 / MARKER_S)
    cast = [m["cast_at"] for m in markers]
    assert cast == sorted(set(cast))


def test_a_plan_without_seconds_goes_out_at_once() -> None:
    broker = SlowBroker()
    sent = Generator(TrafficPlan(small().model_dump(), 50, 20_000, 5_000, 0), broker, clock).run({})
    assert (sent.votes, sent.markers, len(broker.taken)) == (20_000, 0, 20_000)
    segment = Segment(50, 20_000, START_MS + 500, 5_000, 0)
    assert broker.taken == list(messages(small(), segment))


def test_a_marker_is_a_valid_vote_on_a_proposal_of_its_own() -> None:
    verdicts = [validate_vote(marker("load-x", n, START_MS)[1], BROKER_MS) for n in (0, 1)]
    assert all(isinstance(v, Vote) for v in verdicts)
    assert verdicts[0].consultation_id == "load-x-markers"
    assert verdicts[0].proposal_id < verdicts[1].proposal_id


def test_percentiles_are_those_of_the_latencies() -> None:
    found = summary([n / 1000 for n in range(1, 1001)])
    assert found == pytest.approx(
        {"p50": 500, "p90": 900, "p99": 990, "p99.9": 999, "max": 1000, "markers": 1000}, rel=0.002
    )
