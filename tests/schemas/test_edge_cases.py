"""The rules give the answers of the normative table."""

import pytest

from schemas.edge_cases import EdgeCase, edge_cases
from schemas.rejections import OF_SETTINGS, REASONS, Rejection
from schemas.rules import MAX_MESSAGE_BYTES, VALIDATORS

CASES = tuple(edge_cases())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_rules_give_the_answer_of_the_table(case: EdgeCase) -> None:
    verdict = VALIDATORS[case.event](case.payload, case.broker_ms)
    refused = isinstance(verdict, Rejection)
    answer = (verdict.reason, verdict.field) if refused else ("accepted", "")
    assert answer == (case.answer, case.field)


def test_every_reason_has_a_row() -> None:
    assert {case.answer for case in CASES} == {*REASONS, "accepted"} - OF_SETTINGS.keys()


def test_names_are_unique_because_other_tests_find_rows_by_them() -> None:
    assert len({case.name for case in CASES}) == len(CASES) > 400


def test_every_kind_of_event_has_accepted_and_refused_rows() -> None:
    for kind in VALIDATORS:
        answers = {case.answer == "accepted" for case in CASES if case.event == kind}
        assert answers == {True, False}


def test_only_rows_that_say_so_depend_on_the_time_of_the_broker() -> None:
    # Stack tests send the table through a real broker, whose time is now.
    year_3000 = 32_503_680_000_000
    for case in CASES:
        if case.answer == "future_time" and case.name != "time: the year 9999":
            assert case.name.endswith("ms after the broker")
        else:
            verdict = VALIDATORS[case.event](case.payload, year_3000)
            assert isinstance(verdict, Rejection) == (case.answer != "accepted")


def test_lengths_stand_at_both_sides_of_the_limit() -> None:
    lengths = {len(case.payload or b"") for case in CASES}
    assert {MAX_MESSAGE_BYTES - 1, MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES + 1} <= lengths


def test_a_refusal_never_repeats_what_the_message_says() -> None:
    secret = "s3cret-7f"  # noqa: S105 - stands for an identity
    for key in ("consultation_id", "participant_id", "choice", "country", "trust", "cast_at"):
        for value in (f'"{secret} "', f'["{secret}"]', f'{{"{secret}":1}}'):
            vote = (
                '{"consultation_id":"c","proposal_id":"p","participant_id":"a","choice":"agree",'
                f'"cast_at":"2024-05-01T12:00:00Z","{key}":{value}}}'
            )
            verdict = VALIDATORS["votes"](vote.encode(), 1_714_564_800_000)
            assert isinstance(verdict, Rejection)
            assert secret not in repr(verdict)
