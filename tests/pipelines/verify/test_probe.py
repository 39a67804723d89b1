"""The probe: one vote at a time, each told from every other by its tally."""

import pytest

from infra.config.settings import Settings
from operators.core.votes.ballots import Origin, ballot_of
from operators.core.votes.tally import Tally
from pipelines.verify.probe import PROBE_VOTES, Probe, ProbeSender
from schemas.events import Vote
from schemas.reserved import PROBE_CONSULTATION
from schemas.rules import validate_vote


class World:
    """A clock, what was sent, and what stands in ClickHouse."""

    def __init__(self) -> None:
        self.now, self.sent, self.shown = 1_000, [], None
        self.probe = Probe(self.sent.append, lambda: self.shown, 10_000, lambda: self.now)

    def arrive(self) -> None:
        [self.shown] = [look.cell for look in PROBE_VOTES if look.payload == self.sent[-1]]


@pytest.mark.parametrize("look", PROBE_VOTES)
def test_each_vote_passes_the_rules_and_makes_the_tally_that_is_looked_for(look):
    vote = validate_vote(look.payload, 1_800_000_000_000)
    assert isinstance(vote, Vote)
    assert vote.consultation_id == PROBE_CONSULTATION
    ballot = ballot_of(vote, Origin(0, 0, 0))
    tally = Tally().add(ballot.choice, ballot.qualifications)
    assert tuple(tally.result().values()) == look.cell


def test_no_two_votes_have_the_same_tally_and_the_choice_always_changes():
    assert len({look.cell for look in PROBE_VOTES}) == len(PROBE_VOTES) == 24
    assert all(
        a.choice != b.choice
        for a, b in zip(PROBE_VOTES, PROBE_VOTES[1:] + PROBE_VOTES[:1], strict=True)
    )


def test_a_later_vote_replaces_the_earlier_because_its_offset_is_greater():
    first, second = (
        ballot_of(validate_vote(look.payload, 1_800_000_000_000), Origin(2, offset, 0))
        for offset, look in enumerate(PROBE_VOTES[:2])
    )
    assert max(first, second) == second


def test_the_next_vote_waits_for_the_one_before_however_late_it_is():
    world = World()
    world.probe.step()
    assert len(world.sent) == 1
    world.now += 60_000
    world.probe.step()
    assert len(world.sent) == 1
    assert world.probe.last_ms is None
    world.arrive()
    world.probe.step()
    assert world.probe.last_ms == 60_000
    world.probe.step()
    assert len(world.sent) == 2


def test_what_an_earlier_vote_left_is_not_taken_for_the_new_one():
    world = World()
    world.probe.step()
    world.arrive()
    world.probe.step()
    world.now += 10_000
    world.probe.step()  # sent; the board still shows the former one
    world.now += 500
    world.probe.step()
    assert world.probe.waiting
    world.now += 400
    world.arrive()
    world.probe.step()
    assert world.probe.last_ms == 900


def test_it_keeps_its_interval():
    world = World()
    world.probe.step()
    world.arrive()
    for _ in range(19):
        world.now += 500
        world.probe.step()
    assert len(world.sent) == 1
    world.now += 500
    world.probe.step()
    assert len(world.sent) == 2


class Acknowledged:
    def __init__(self, broker_ms: int) -> None:
        self.broker_ms = broker_ms

    def timestamp(self) -> tuple[int, int]:
        return 2, self.broker_ms


@pytest.mark.parametrize(
    ("broker_ms", "ahead"), [(1_010, 0), (1_000, 0), (1_500, 480), (400, -600)]
)
def test_the_brokers_clock_differs_if_its_time_is_not_between_ours(
    monkeypatch, tmp_path, broker_ms, ahead
):
    times = iter((1_000, 1_020))
    monkeypatch.setattr("pipelines.verify.probe.kafka.producer", lambda *_args, **_more: Silent())
    sender = ProbeSender(Settings(home=tmp_path), lambda: next(times))
    sender.send(b"{}")
    sender._delivered(None, Acknowledged(broker_ms))
    assert sender.broker_ahead_ms == ahead


class Silent:
    def produce(self, *_args, **_more) -> None:
        """Nothing is sent."""
