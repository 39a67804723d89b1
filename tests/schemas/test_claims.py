"""Of a rejected message only valid names are kept, and reading it again never fails."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.claims import Claims, claims
from schemas.dated_rules import NO_RULES
from schemas.edge_cases import EdgeCase, edge_cases
from schemas.rejections import Rejection
from schemas.rules import VALIDATORS

NOW = 1_777_636_800_000  # 2026-05-01T12:00:00Z
VOTE = {
    "consultation_id": "europe", "proposal_id": "p", "participant_id": "ana", "country": "PT",
    "choice": "maybe", "cast_at": "2026-05-01T11:59:00Z", "source": "pt-app",
}  # fmt: skip
BAD_SIGNATURE = Rejection("bad_signature")


def claimed(fields, kind="votes", headers=None, rejection=None):
    payload = json.dumps(fields).encode()
    verdict = rejection or VALIDATORS[kind](payload, NOW)
    assert isinstance(verdict, Rejection)
    return claims(kind, payload, headers, NOW, verdict)


def test_a_vote_says_whose_it_is():
    assert claimed(VOTE) == Claims("europe", "pt-app", "PT", 0)


def test_a_vote_without_country_is_of_the_unknown_one_as_if_it_were_accepted():
    without = {name: value for name, value in VOTE.items() if name != "country"}
    assert claimed(without).country == "ZZ"
    assert claimed({"consultation_id": "c"}, "proposals").country == ""


@pytest.mark.parametrize("value", ["fr", "FRA", "", None, 7, ["FR"], "F\nR", "Ü1"])
def test_what_is_no_country_is_not_kept(value):
    assert claimed(VOTE | {"country": value}).country == ""


@pytest.mark.parametrize("value", ["ana@example.org", "Ana Silva", "x" * 65, 7, {"a": 1}, None])
def test_free_text_in_place_of_a_name_is_not_kept(value):
    assert claimed(VOTE | {"consultation_id": value}).consultation_id == ""
    assert claimed(VOTE | {"source": value}).source == ""


def test_the_source_of_the_headers_counts_where_the_vote_names_none():
    headers = [("tutti-source", b"portugal"), ("tutti-signature", b"v1=00")]
    without = {name: value for name, value in VOTE.items() if name != "source"}
    assert claimed(without, headers=headers).source == "portugal"
    assert claimed(VOTE, headers=headers).source == "pt-app"
    assert claimed({"text": 1, "source": "x"}, "proposals", headers).source == "portugal"
    assert claimed(without, headers=[("tutti-source", b"no name!")]).source == ""


def test_a_forged_message_is_read_although_nothing_else_was_examined():
    headers = [("tutti-source", b"portugal")]
    good = VOTE | {"choice": "agree"}
    found = claimed(good, headers=headers, rejection=BAD_SIGNATURE)
    assert found == Claims("europe", "pt-app", "PT", 0)


@pytest.mark.parametrize("payload", [b"", b"{", b"[" * 100_000, b'{"a":' * 9_000, b"\xff" * 9])
def test_a_forged_message_that_cannot_be_read_has_the_source_of_its_headers(payload):
    found = claims("votes", payload, [("tutti-source", b"portugal")], NOW, BAD_SIGNATURE)
    assert found == Claims(source="portugal")


def test_a_vote_from_the_future_says_how_far_ahead_it_is():
    ahead = VOTE | {"choice": "agree", "cast_at": "2026-05-01T14:00:01Z"}
    assert claimed(ahead).ahead_ms == 2 * 3_600_000 + 1_000
    assert claimed(VOTE | {"cast_at": "2026-05-01T14:00:01Z"}).ahead_ms == 0  # of another reason


@pytest.mark.parametrize("case", list(edge_cases()), ids=lambda case: case.name)
def test_every_edge_case_that_is_rejected_can_be_asked(case: EdgeCase):
    verdict = NO_RULES.validate(case.event, case.payload, case.broker_ms)
    if isinstance(verdict, Rejection):
        found = claims(case.event, case.payload, None, case.broker_ms, verdict)
        assert found.country == "" or len(found.country) == 2


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_no_fault(payload):
    assert isinstance(claims("votes", payload, None, NOW, BAD_SIGNATURE), Claims)
