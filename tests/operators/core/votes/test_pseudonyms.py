"""Pseudonyms tell nothing about who they stand for."""

import re
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.core.votes.pseudonyms import pseudonymiser

KEY = b"0123456789abcdef"
identifiers = st.text("abcAB019._-", min_size=1, max_size=64)
people = st.text("abcAB019._:@+/=-", min_size=1, max_size=128)


@pytest.mark.parametrize("length", [0, 1, 15, 65, 1_000])
def test_a_key_that_is_too_short_or_too_long_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="16 to 64 bytes"):
        pseudonymiser(b"k" * length)


@pytest.mark.parametrize("length", [16, 32, 64])
def test_a_key_of_16_to_64_bytes_is_taken(length: int) -> None:
    assert pseudonymiser(b"k" * length)("c", "alice")


@given(identifiers, people)
def test_a_pseudonym_has_32_hexadecimal_digits_and_is_the_same_again(consultation, person) -> None:
    first, second = pseudonymiser(KEY), pseudonymiser(KEY)
    assert re.fullmatch("[0-9a-f]{32}", first(consultation, person))
    assert first(consultation, person) == first(consultation, person)
    assert first(consultation, person) == second(consultation, person)


@given(st.tuples(identifiers, people), st.tuples(identifiers, people))
def test_two_people_or_consultations_never_share_a_pseudonym(one, other) -> None:
    pseudonymise = pseudonymiser(KEY)
    assert (pseudonymise(*one) == pseudonymise(*other)) == (one == other)


@given(identifiers, people, st.integers(1, 63))
def test_where_consultation_ends_and_person_begins_is_unambiguous(name, person, place) -> None:
    # ("ab", "c") and ("a", "bc") are different people, though joined they read the same.
    joined = name + person.translate(str.maketrans(":@+/=", "....."))
    cuts = {min(place, len(joined) - 1), max(1, len(joined) // 2)}
    pseudonymise = pseudonymiser(KEY)
    found = {pseudonymise(joined[:cut], joined[cut:]) for cut in cuts}
    assert len(found) == len(cuts)


def test_nobody_can_be_followed_to_another_consultation() -> None:
    pseudonymise = pseudonymiser(KEY)
    assert pseudonymise("spring", "alice") != pseudonymise("autumn", "alice")


def test_another_key_gives_another_pseudonym() -> None:
    for other in (b"0123456789abcdeF", KEY + b"\0", KEY * 2):
        assert pseudonymiser(KEY)("c", "alice") != pseudonymiser(other)("c", "alice")


def test_without_the_key_trying_all_ids_finds_nobody() -> None:
    found = pseudonymiser(KEY)("c", "alice")
    for message in (b"alice", b"calice", b"c\0alice"):
        assert blake2b(message, digest_size=16).hexdigest() != found


def test_the_function_is_the_one_that_stored_pseudonyms_were_made_with() -> None:
    # Another one would make a stranger of everybody who has voted.
    expected = blake2b(b"c\0alice", key=KEY, digest_size=16).hexdigest()
    assert pseudonymiser(KEY)("c", "alice") == expected == "93dda1070711f99a37b0c742dd3def1c"
