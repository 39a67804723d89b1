"""One message in, one record out; what is known about people stays behind."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from operators.core.votes.acceptance import Acceptance, IntakeRecord
from operators.core.votes.ballots import Origin
from operators.core.votes.pseudonyms import pseudonymiser
from schemas.dated_rules import DatedRules
from schemas.edge_cases import EdgeCase, edge_cases
from schemas.events import QUALIFICATION_BITS, QUALIFICATIONS
from schemas.rejections import REASONS
from schemas.signatures import signed_headers
from schemas.sources import SourceEntry, Sources
from schemas.texts import text_fault
from schemas.topics import ACCEPTED, DEAD_LETTERS, INPUT

KEY = b"0123456789abcdef"
PSEUDONYMISE = pseudonymiser(KEY)
ACCEPTANCE = Acceptance(PSEUDONYMISE)
BROKER_MS = 1_714_564_800_000  # 2024-05-01T12:00:00Z
ORIGIN = Origin(3, 90_210, BROKER_MS)
SCHEMAS = Path(__file__).resolve().parents[4] / "schemas" / "json"


def _ecma_pattern(
    _validator: Any, pattern: str, instance: Any, _schema: Any
) -> Iterator[ValidationError]:
    # Python's `$` also matches before a final newline; that of ECMA-262 does not.
    if isinstance(instance, str) and not re.search(pattern.replace("$", r"\Z"), instance):
        yield ValidationError("does not match")


EcmaValidator = extend(Draft202012Validator, {"pattern": _ecma_pattern})
VALIDATORS = {
    topic.name: EcmaValidator(json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8")))
    for topic, name in [
        (ACCEPTED["votes"], "accepted-vote"),
        (ACCEPTED["proposals"], "accepted-proposal"),
        (ACCEPTED["consultations"], "accepted-consultation"),
        (DEAD_LETTERS, "dead-letter"),
    ]
}


def accept(kind: str, payload: bytes | None, origin: Origin = ORIGIN) -> IntakeRecord:
    return ACCEPTANCE.by_topic()[f"tutti.{kind}.v1"](payload, origin)


def check(record: IntakeRecord) -> dict[str, Any]:
    """A record's value, which must be what its schema says, in one line, with no field more."""
    assert b"\n" not in record.value  # the sink joins records by newlines
    assert record.value.startswith(b'{"')  # ... and puts the version behind the brace
    value = json.loads(record.value)
    validator = VALIDATORS[record.topic]
    validator.validate(value)
    assert set(value) == set(validator.schema["properties"])
    return value


VOTE = {
    "consultation_id": "weeuropeans",
    "proposal_id": "p-1042",
    "participant_id": "site-fr:8d1f",
    "country": "FR",
    "choice": "agree",
    "qualifications": ["doable", "likeIt", "doable"],
    "trust": "sequence",
    "cast_at": "2024-05-01T11:59:59.25Z",
    "source": "widget",
    "note": "ignored",
}


def test_an_accepted_vote_is_normalised_and_carries_its_origin() -> None:
    record = accept("votes", json.dumps(VOTE).encode())
    pseudonym = PSEUDONYMISE("weeuropeans", "site-fr:8d1f")
    assert record.topic == "tutti.accepted-votes.v1"
    assert record.key == pseudonym.encode()
    assert check(record) == {
        "consultation_id": "weeuropeans",
        "proposal_id": "p-1042",
        "participant": pseudonym,
        "country": "FR",
        "choice": "agree",
        "trust": "sequence",
        "qualifications": 3,
        "source": "widget",
        "cast_ms": BROKER_MS - 750,
        "origin_partition": 3,
        "origin_offset": 90_210,
        "origin_ms": BROKER_MS,
    }


def test_what_a_vote_leaves_out_has_its_default() -> None:
    left_out = ("country", "qualifications", "trust", "source")
    vote = {name: value for name, value in VOTE.items() if name not in left_out}
    value = check(accept("votes", json.dumps(vote).encode()))
    assert {name: value[name] for name in left_out} == {
        "country": "ZZ",
        "qualifications": 0,
        "trust": "trusted",
        "source": "",
    }


def test_an_accepted_proposal_keeps_its_text_and_loses_its_author() -> None:
    text = '"Plus de trains"\nmoins d\'avions \\ \t \u2028 🚆 {"a":"}'
    proposal = {
        "consultation_id": "weeuropeans",
        "proposal_id": "p-1042",
        "text": text,
        "language": "fr",
        "country": "FR",
        "author_id": "jean.dupont@example.org",
        "status": "pending",
        "submitted_at": "2024-05-01T11:00:00Z",
    }
    record = accept("proposals", json.dumps(proposal).encode())
    assert record.topic == "tutti.accepted-proposals.v1"
    assert record.key == b"weeuropeans/p-1042"
    assert check(record) == {
        "consultation_id": "weeuropeans",
        "proposal_id": "p-1042",
        "text": text,
        "language": "fr",
        "country": "FR",
        "author": PSEUDONYMISE("weeuropeans", "jean.dupont@example.org"),
        "status": "pending",
        "meta": False,
        "submitted_ms": BROKER_MS - 3_600_000,
        "source": "",
        "origin_partition": 3,
        "origin_offset": 90_210,
        "origin_ms": BROKER_MS,
    }


def test_a_proposal_without_an_author_has_no_pseudonym() -> None:
    # The pseudonym of an empty id would make one author of all who are unknown.
    proposal = {"consultation_id": "c", "proposal_id": "p", "text": "x"}
    proposal["submitted_at"] = "2024-05-01T11:00:00Z"
    value = check(accept("proposals", json.dumps(proposal).encode()))
    assert (value["author"], value["language"], value["country"]) == ("", "", "")
    assert value["status"] == "accepted"


def test_an_accepted_consultation_lists_countries_beside_their_weights() -> None:
    consultation = {
        "consultation_id": "weeuropeans",
        "title": "L'Europe ?",
        "countries": [{"country": "FR", "weight": 67}, {"country": "MT", "weight": 0.5}],
        "opens_at": "2024-05-01T12:00:00Z",
        "window_seconds": 300,
    }
    record = accept("consultations", json.dumps(consultation).encode())
    assert record.key == b"weeuropeans"
    assert check(record) == {
        "consultation_id": "weeuropeans",
        "title": "L'Europe ?",
        "countries": ["FR", "MT"],
        "weights": [67, 0.5],
        "opens_ms": BROKER_MS,
        "closes_ms": None,
        "window_seconds": 300,
        "rank_min_votes": 30,
        "source": "",
        "origin_partition": 3,
        "origin_offset": 90_210,
        "origin_ms": BROKER_MS,
    }


def test_a_dead_letter_says_where_and_why_and_not_what() -> None:
    payload = json.dumps(VOTE | {"country": "s3cret"}).encode()
    record = accept("votes", payload)
    assert record.topic == "tutti.dead-letters.v1"
    assert record.key == b"tutti.votes.v1/3/90210"
    assert check(record) == {
        "topic": "tutti.votes.v1",
        "partition": 3,
        "offset": 90_210,
        "received_at": "2024-05-01T12:00:00.000Z",
        "reason": "bad_country",
        "field": "country",
        "detail": "two upper-case letters (ISO 3166-1)",
        "bytes": len(payload),
        "consultation_id": "weeuropeans",
        "source": "widget",
        "country": "",
        "ahead_ms": 0,
    }


def test_accepted_proposals_and_consultations_name_the_source_that_has_signed_them() -> None:
    key = "ab" * 32
    since = datetime(2024, 1, 1, tzinfo=UTC)
    rules = DatedRules(sources=Sources([SourceEntry(name="portugal", since=since, key=key)]))
    acceptance = Acceptance(PSEUDONYMISE, rules)
    text = {"proposal_id": "p", "text": "x", "submitted_at": "2024-05-01T11:00:00Z"}
    for kind, more in (("proposals", text), ("consultations", {"title": "x"})):
        event = {"consultation_id": "c"} | more
        payload = json.dumps(event).encode()
        headers = signed_headers("portugal", bytes.fromhex(key), payload)
        record = acceptance.by_topic()[f"tutti.{kind}.v1"](payload, ORIGIN, headers)
        assert check(record)["source"] == "portugal"
        forged = [headers[0], ("tutti-signature", b"v1=00")]
        record = acceptance.by_topic()[f"tutti.{kind}.v1"](payload, ORIGIN, forged)
        assert check(record)["source"] == ""


@pytest.mark.parametrize("payload", [None, b""])
def test_a_message_of_nothing_has_a_dead_letter_too(payload: bytes | None) -> None:
    value = check(accept("votes", payload))
    assert (value["reason"], value["bytes"]) == ("empty", 0)


@pytest.mark.parametrize("case", tuple(edge_cases()), ids=lambda case: case.name)
def test_a_row_of_the_table_gives_the_record_that_it_should(case: EdgeCase) -> None:
    record = accept(case.event, case.payload, Origin(0, 7, case.broker_ms))
    value = check(record)
    if case.answer == "accepted":
        assert record.topic == ACCEPTED[case.event].name
    else:
        assert record.topic == DEAD_LETTERS.name
        assert (value["reason"], value["field"]) == (case.answer, case.field)
        assert value["bytes"] == len(case.payload or b"")


origins = st.builds(
    Origin, st.integers(0, 3), st.integers(0, 2**47), st.integers(BROKER_MS, BROKER_MS + 10**9)
)
kinds = st.sampled_from(sorted(INPUT))
identifiers = st.text("abcXYZ019._-", min_size=1, max_size=64)
own_ids = st.text("abcXYZ019._-:@+/=", min_size=1, max_size=119).map("own-id-9:".__add__)
countries = st.sampled_from(["FR", "DE", "ZZ"])


@given(kinds, st.none() | st.binary(max_size=200), origins)
def test_whatever_arrives_there_is_exactly_one_record(kind, payload, origin) -> None:
    record = accept(kind, payload, origin)
    assert isinstance(record, IntakeRecord)
    assert record.topic in {ACCEPTED[kind].name, DEAD_LETTERS.name}
    assert check(record)
    assert record == accept(kind, payload, origin)  # a repeat is the same record


@given(
    st.fixed_dictionaries(
        {
            "consultation_id": identifiers,
            "proposal_id": identifiers,
            "participant_id": own_ids,
            "cast_at": st.sampled_from(["2024-05-01T12:00:00Z", "2000-01-01T00:00:00.001Z"]),
        },
        optional={
            "country": countries,
            "trust": st.sampled_from(["troll", "trusted", "sequence", "segment"]),
            "source": identifiers,
        },
    ),
    st.sampled_from(sorted(QUALIFICATIONS)),
    st.data(),
    origins,
)
@settings(deadline=None)
def test_an_accepted_vote_names_nobody(vote, choice, data, origin) -> None:
    fitting = QUALIFICATIONS[choice]
    names = data.draw(st.lists(st.sampled_from(fitting or ("x",)), max_size=4)) if fitting else []
    vote |= {"choice": choice, "qualifications": names}
    record = accept("votes", json.dumps(vote).encode(), origin)
    value = check(record)
    assert record.topic == ACCEPTED["votes"].name
    assert vote["participant_id"].encode() not in record.value + record.key
    assert value["participant"] == PSEUDONYMISE(vote["consultation_id"], vote["participant_id"])
    assert value["qualifications"] == sum(QUALIFICATION_BITS[name] for name in set(names))
    assert (value["origin_partition"], value["origin_offset"], value["origin_ms"]) == origin


texts = st.text(min_size=1, max_size=300).filter(lambda text: text_fault(text) is None)


@given(identifiers, identifiers, texts, own_ids, origins)
@settings(deadline=None)
def test_a_text_of_any_characters_survives_and_its_author_does_not(
    consultation, name, text, author, origin
) -> None:
    assume(author not in text)
    proposal = {
        "consultation_id": consultation,
        "proposal_id": name,
        "text": text,
        "author_id": author,
        "submitted_at": "2024-05-01T12:00:00Z",
    }
    record = accept("proposals", json.dumps(proposal).encode(), origin)
    assert record.topic == ACCEPTED["proposals"].name
    assert check(record)["text"] == text
    assert author.encode() not in record.value + record.key


@given(
    identifiers,
    texts,
    st.dictionaries(countries, st.floats(0, 1e305) | st.integers(0, 10**12)),
    origins,
)
@settings(deadline=None)
def test_weights_survive_to_the_last_bit(consultation, title, weights, origin) -> None:
    message = {
        "consultation_id": consultation,
        "title": title,
        "countries": [{"country": name, "weight": weight} for name, weight in weights.items()],
    }
    value = check(accept("consultations", json.dumps(message).encode(), origin))
    assert dict(zip(value["countries"], value["weights"], strict=True)) == weights
    assert value["title"] == title


@given(
    own_ids,
    st.sampled_from(["consultation_id", "choice", "country", "trust", "cast_at", "source"]),
    st.sampled_from(["{}", "{} ", '["{}"]', '{{"{}":1}}']),
)
def test_a_dead_letter_holds_nothing_of_the_message(person, field, shape) -> None:
    # Wherever an identity was put by mistake: as a value, a wrong type, the name of a field.
    text = shape.format(person)
    vote = VOTE | {"participant_id": person, field: json.loads(text) if text[0] in "[{" else text}
    assume(vote[field] != person or field not in {"source", "consultation_id"})
    record = accept("votes", json.dumps(vote).encode())
    assert record.topic == DEAD_LETTERS.name
    assert check(record)["reason"] in REASONS
    assert b"own-id-9" not in record.value + record.key
