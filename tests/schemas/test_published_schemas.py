"""What the published schemas repeat of the code, they repeat right."""

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

from jsonschema import Draft202012Validator
from spoiled_messages import BROKER_MS

from schemas.events import CHOICES, QUALIFICATIONS, STATUSES, TRUSTS
from schemas.rejections import REASONS, Rejection
from schemas.rules import VALIDATORS
from schemas.times import EARLIEST_MS, parse_instant

EVENTS = ("vote", "proposal", "consultation")

Published = Callable[[str], Draft202012Validator]


def test_python_s_dollar_is_laxer_than_that_of_the_published_patterns(published: Published) -> None:
    # Why the validator of these tests reads `$` as ECMA-262 does: a plain one accepts a newline.
    vote = {
        "consultation_id": "c",
        "proposal_id": "p",
        "participant_id": "alice\n",
        "choice": "agree",
        "cast_at": "2024-05-01T12:00:00Z",
    }
    schema = published("vote")
    assert re.search(r"^[a-z]{1,64}$", "alice\n")
    assert Draft202012Validator(schema.schema).is_valid(vote)
    assert not schema.is_valid(vote)
    rejected = VALIDATORS["votes"](json.dumps(vote).encode(), BROKER_MS)
    assert isinstance(rejected, Rejection)
    assert (rejected.reason, rejected.field) == ("bad_identifier", "participant_id")


def test_the_published_instant_is_the_one_that_is_parsed(published: Published) -> None:
    instant = published("vote").evolve(schema=published("vote").schema["$defs"]["instant"])
    days = [date(year, 1, 1) for year in (1999, 2000, 2023, 2024, 2100, 2400, 3200, 9996)]
    for first in days:
        for month in range(14):
            for day in range(33):
                text = f"{first.year}-{month:02d}-{day:02d}T23:59:59.999Z"
                ms = parse_instant(text)
                assert instant.is_valid(text) == (ms is not None and ms >= EARLIEST_MS)
    for year in range(2000, 10_000):
        text = f"{year}-02-29T00:00:00Z"
        assert instant.is_valid(text) == (parse_instant(text) is not None)


def test_schemas_are_schemas_and_say_what_each_field_is(published: Published) -> None:
    for name in (*EVENTS, "accepted-vote", "accepted-proposal", "accepted-consultation"):
        schema = published(name).schema
        Draft202012Validator.check_schema(schema)
        assert schema["description"]
        assert all(field["description"] for field in schema["properties"].values())


def test_a_definition_is_the_same_in_every_schema(published: Published) -> None:
    known: dict[str, Any] = {}
    for name in EVENTS:
        for definition, body in published(name).schema["$defs"].items():
            assert known.setdefault(definition, body) == body


def test_closed_lists_are_those_of_the_code(published: Published) -> None:
    vote = published("vote").schema
    assert vote["properties"]["choice"]["enum"] == list(CHOICES)
    assert vote["properties"]["trust"]["enum"] == list(TRUSTS)
    branches = {branch["properties"]["choice"]["const"]: branch for branch in vote["oneOf"]}
    for choice, names in QUALIFICATIONS.items():
        rule = branches[choice]["properties"]["qualifications"]
        assert rule == ({"items": {"enum": list(names)}} if names else {"maxItems": 0})
    assert published("proposal").schema["properties"]["status"]["enum"] == list(STATUSES)
    assert published("dead-letter").schema["properties"]["reason"]["enum"] == list(REASONS)
