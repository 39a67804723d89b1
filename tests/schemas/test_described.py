"""What the documents say of topics and fields is what the contracts say."""

import json

import pytest

from schemas.described import fields, fullest_example, kept, reasons
from schemas.published import NAMES, schema
from schemas.rules import VALIDATORS
from schemas.topics import DEAD_LETTERS, TALLIES, TOPICS, VOTES

BROKER_MS = 1_777_680_000_000


def field(event: str, path: str):
    return {each.path: each for each in fields(event)}[path]


@pytest.mark.parametrize("event", NAMES)
def test_every_field_of_an_event_is_described(event):
    described = {each.path: each for each in fields(event)}
    body = schema(event)
    assert body["properties"].keys() <= described.keys()
    for name, given in body["properties"].items():
        assert described[name].required == (name in body["required"])
        assert described[name].rule.startswith(given["description"].rstrip("."))
        assert described[name].type


def test_a_field_within_another_is_described_with_its_way():
    assert field("consultation", "countries[].weight").required
    assert field("consultation", "countries[].country").rule.endswith("ISO 3166-1")


def test_a_field_that_may_be_absent_says_what_holds_then():
    assert field("vote", "trust").need == 'optional, `"trusted"` if absent'
    assert field("vote", "source").need == "optional"
    assert field("vote", "choice").need == "required"


def test_a_rule_names_choices_and_bounds():
    assert field("vote", "choice").rule.endswith(
        "One of `agree`, `disagree`, `neutral`, `withdrawn`"
    )
    assert "One of empty, `exact`, `near`" in field("assignment", "duplicate_kind").rule
    assert field("consultation", "window_seconds").rule.endswith(
        "A multiple of 60. From 60 to 604,800"
    )
    assert "With `agree`: `likeIt`, `doable`" in field("vote", "qualifications").rule


def test_the_example_of_a_field_is_that_of_the_whole():
    example = fullest_example("vote")
    assert json.loads(field("vote", "cast_at").example) == example["cast_at"]


def test_a_reason_stands_with_each_event_that_can_meet_it():
    assert "missing_field" in set(reasons("votes")) & set(reasons("proposals"))
    assert "unknown_choice" in reasons("votes")
    assert "unknown_choice" not in reasons("proposals")
    assert "trust_not_allowed" in reasons("votes")


@pytest.mark.parametrize("kind", ["votes", "proposals", "consultations"])
def test_what_a_message_without_its_fields_meets_is_among_its_reasons(kind):
    assert VALIDATORS[kind](b"{}", BROKER_MS).reason in reasons(kind)
    assert VALIDATORS[kind](b"", BROKER_MS).reason in reasons(kind)


def test_how_long_a_topic_keeps_messages_is_said_in_words():
    assert kept(VOTES) == "30 days"
    assert kept(DEAD_LETTERS) == "90 days"
    assert kept(TALLIES) == "the latest of each key"
    assert {kept(topic) for topic in TOPICS.values()} == {
        *("30 days", "90 days", "the latest of each key", "without end")
    }
