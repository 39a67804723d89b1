"""A generated vote is what JSON's own encoder makes of its fields."""

import json
from itertools import product

import pytest

from pipelines.demo.traffic.encoding import vote_beginning, vote_ending
from pipelines.demo.traffic.statements import STATEMENTS
from schemas.events import TRUSTS, Vote
from schemas.rules import validate_vote


@pytest.mark.parametrize(("country", "trust"), list(product(("", "FR"), ("", *TRUSTS))))
def test_a_vote_says_each_field_once_and_is_accepted(country: str, trust: str) -> None:
    for choice, qualifications in STATEMENTS:
        text = vote_beginning(
            "c-1", "p-2", "u-3", country, "app", "2026-05-01T12:00:00.500Z"
        ) + vote_ending(choice, qualifications, trust)
        fields = {
            "consultation_id": "c-1",
            "proposal_id": "p-2",
            "participant_id": "u-3",
            "country": country,
            "source": "app",
            "cast_at": "2026-05-01T12:00:00.500Z",
            "choice": choice,
            "qualifications": list(qualifications),
            "trust": trust,
        }
        given = {name: value for name, value in fields.items() if value}
        assert text == json.dumps(given, separators=(",", ":"))
        vote = validate_vote(text.encode(), 1_790_000_000_000)
        assert isinstance(vote, Vote)
        assert (vote.choice, vote.qualifications) == (choice, qualifications)
        assert (vote.country, vote.trust) == (country or "ZZ", trust or "trusted")
