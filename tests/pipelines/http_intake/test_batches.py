"""Batches: the rules of intake, the signature of the source, the key of every producer."""

import json

from orjson import dumps

from pipelines.exchange.send import key_of
from pipelines.http_intake.batches import sort
from schemas.dated_rules import DatedRules
from schemas.sources import parse_sources
from schemas.topics import VOTES
from schemas.warnings import MAX_WARNINGS

MAY = 1_777_593_600_000
SOURCES = parse_sources(
    f"[[source]]\nname = 'web'\nfrom = 2026-05-01T00:00:00Z\nkey = '{'01' * 32}'\n"
    "consultations = ['c']\n"
)
SOURCE = SOURCES.in_force("web", MAY)
RULES = DatedRules(sources=SOURCES)


def vote(**fields: object) -> bytes:
    given = {
        "consultation_id": "c",
        "proposal_id": "p",
        "participant_id": "a",
        "choice": "agree",
        "cast_at": "2026-04-01T00:00:00Z",
    }
    return json.dumps(given | fields).encode()


def test_what_is_accepted_here_is_accepted_by_intake_and_has_the_key_of_every_producer():
    messages = [vote(), vote(choice="x"), vote(consultation_id="d"), vote(participant_id="b")]
    found = sort("votes", messages, SOURCE, RULES, MAY)
    assert [one.line for one in found.rejected] == [2, 3]
    assert [one.value for one in found.outgoing] == [messages[0], messages[3]]
    for one in found.outgoing:
        assert one.topic == VOTES.name
        assert one.key == key_of("votes", one.value)
        assert RULES.sources.sender(one.value, one.headers, MAY) == SOURCE


def test_doubts_are_counted_once_for_each_cure():
    found = sort("votes", [vote(country="UK"), vote(country="UK"), vote()], SOURCE, RULES, MAY)
    [doubt] = found.warnings.values()
    assert (doubt.field, doubt.line, doubt.messages) == ("country", 1, 2)
    assert "GB" in doubt.cure


def test_a_mistyped_field_is_told_and_the_vote_is_taken():
    found = sort("votes", [vote(contry="FR"), vote(contry="DE"), vote()], SOURCE, RULES, MAY)
    [doubt] = found.warnings.values()
    assert (doubt.reason, doubt.field, doubt.line, doubt.messages) == (
        *("unknown_field", "contry"),
        *(1, 2),
    )
    assert len(found.outgoing) == 3


def test_different_doubts_are_bounded_however_many_a_batch_has():
    batch = [vote(**{f"field-{n}": 1}) for n in range(300)]
    found = sort("votes", batch, SOURCE, RULES, MAY)
    assert len([w for w in found.warnings.values() if w.reason == "unknown_field"]) == MAX_WARNINGS
    assert len(found.outgoing) == 300


def test_what_only_all_votes_show_together_is_told_too():
    cast_at = "2026-04-30T22:00:00Z"  # two hours before they come
    batch = [vote(participant_id=f"a{n}", cast_at=cast_at, country="PT") for n in range(150)]
    found = sort("votes", batch, SOURCE, RULES, MAY)
    assert {(w.reason, w.messages) for w in found.warnings.values()} == {
        ("local_time", 150),
        ("one_country", 150),
    }


def test_proposals_have_the_key_of_every_producer():
    proposal = dumps(
        {
            "consultation_id": "c",
            "proposal_id": "p",
            "text": "Trees.",
            "submitted_at": "2026-04-01T00:00:00Z",
        }
    )
    [one] = sort("proposals", [proposal], SOURCE, RULES, MAY).outgoing
    assert one.key == key_of("proposals", proposal) == b"c/p"
