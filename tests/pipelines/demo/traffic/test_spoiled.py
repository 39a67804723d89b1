"""Intake's rules and the demo agree about what is wrong with a bad message."""

import json

import pytest

from pipelines.demo.campaign import Campaign
from pipelines.demo.traffic.spoiled import SPOILERS
from schemas.events import Vote
from schemas.rejections import Rejection
from schemas.rules import validate_consultation, validate_proposal, validate_vote

NOW_MS = 1_750_000_000_000
VOTE = {
    "consultation_id": "demo-europe",
    "proposal_id": "p-001",
    "participant_id": "eu-1",
    "choice": "agree",
    "cast_at": "2025-06-15T15:06:40.000Z",
}


@pytest.mark.parametrize("number", range(len(SPOILERS)))
def test_a_spoiled_vote_is_refused_for_its_reason(number: int) -> None:
    spoiler = SPOILERS[number]
    verdict = validate_vote(spoiler.spoil(dict(VOTE), NOW_MS), NOW_MS)
    assert isinstance(verdict, Rejection)
    assert verdict.reason == spoiler.reason


def test_the_rules_refuse_the_bad_messages_and_no_others() -> None:
    for message in Campaign().messages(NOW_MS, 20_000):
        accepted = isinstance(validate_vote(message.value, NOW_MS), Vote)
        assert accepted == (message.kind != "bad")


def test_the_rules_accept_the_consultation_and_its_proposals() -> None:
    campaign = Campaign()
    consultation = json.dumps(campaign.consultation()).encode()
    assert not isinstance(validate_consultation(consultation, NOW_MS), Rejection)
    for proposal in campaign.proposals():
        assert not isinstance(validate_proposal(json.dumps(proposal).encode(), NOW_MS), Rejection)
