"""Exact and near duplicates: linked to the earliest, never by an estimate."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.core.clusters.near_duplicates import (
    MIN_SIMILARITY,
    Duplicate,
    Duplicates,
    jaccard,
    ngrams,
)
from operators.core.clusters.normalise import same

LONG = "We should plant many more trees along every road that leads into the city"


def filled(*texts: str) -> Duplicates:
    duplicates = Duplicates()
    for offset, text in enumerate(texts):
        duplicates.add(f"p{offset}", text, offset, "en")
    return duplicates


def test_the_same_text_but_for_case_and_marks_is_an_exact_duplicate_of_the_earliest() -> None:
    duplicates = filled("Plant trees", "Build schools", "plant trees!")
    assert duplicates.find("“Plant  TREES.”", 3, "en") == Duplicate("p0", "exact", 1.0)


def test_a_slip_of_the_pen_is_a_near_duplicate_with_the_similarity_of_the_texts() -> None:
    slip = LONG.replace("road", "raod")
    expected = jaccard(ngrams(same(LONG)), ngrams(same(slip)))
    assert filled("x", LONG).find(slip, 2, "en") == Duplicate("p1", "near", expected)


def test_a_text_that_denies_a_near_one_is_none() -> None:
    assert filled(LONG).find(LONG.replace("should", "should not"), 1, "en").kind == ""
    assert filled(LONG).find(LONG.replace("many more", "no more"), 1, "en").kind == ""


def test_another_wish_is_no_duplicate() -> None:
    assert filled("Build more nuclear plants").find("Build new schools", 1, "en") == Duplicate()


def test_a_later_proposal_is_never_the_one_repeated() -> None:
    assert filled(LONG, LONG).find(LONG, 0, "en") == Duplicate()


def test_when_the_earliest_goes_the_next_takes_its_place() -> None:
    duplicates = filled(LONG, LONG, "Build schools")
    duplicates.remove(LONG, 0)
    assert duplicates.find(LONG + "s", 3, "en").of == "p1"
    duplicates.remove(LONG, 1)
    assert duplicates.find(LONG, 3, "en") == Duplicate()


@pytest.mark.parametrize("text", ["", "?", "é", "ab", "日本", "\ud800"])
def test_texts_shorter_than_an_n_gram_are_texts_too(text: str) -> None:
    assert filled(text).find(text, 1, "en") == Duplicate("p0", "exact", 1.0)
    assert filled("Plant trees").find(text, 1, "en") == Duplicate()


def test_hardly_a_pair_of_the_least_similarity_is_missed() -> None:
    words = same(LONG).split()
    chance = random.Random(3)
    missed = pairs = 0
    while pairs < 400:
        text = " ".join(chance.choices(words, k=14)) + str(chance.random())
        at = chance.randrange(len(text) - 12)
        other = text[:at] + text[at + chance.randint(1, 8) :]
        similarity = jaccard(ngrams(same(text)), ngrams(same(other)))
        if MIN_SIMILARITY <= similarity < 1:
            pairs += 1
            missed += filled(text).find(other, 1, "").of == ""
    assert missed <= 2


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.sampled_from(["", "s", "!", " now", "x"])), max_size=12
    ),
    st.sets(st.integers(0, 11)),
)
def test_what_is_found_depends_on_what_is_in_it_and_not_on_what_was(history, gone) -> None:
    texts = [LONG[number * 3 :] + end for number, end in history]
    lived, fresh = filled(*texts), Duplicates()
    for offset, text in enumerate(texts):
        if offset in gone:
            lived.remove(text, offset)
        else:
            fresh.add(f"p{offset}", text, offset, "en")
    for number in range(5):
        text = LONG[number * 3 :]
        assert lived.find(text, 99, "en") == fresh.find(text, 99, "en")
