"""Words of a consultation: taking a proposal out leaves no trace of it."""

from operators.core.clusters.labels import weights
from operators.core.clusters.members import Member
from operators.core.clusters.near_duplicates import Duplicate
from operators.core.clusters.vocabulary import Vocabulary


def member(text: str, *words: str) -> Member:
    return Member("p", text, "en", 0, 1, 1.0, Duplicate(), words)


def test_a_word_weighs_less_where_many_proposals_have_it():
    vocabulary = Vocabulary()
    for words in (("wind", "more"), ("sun", "more"), ("cars", "more")):
        vocabulary.add(member("", *words))
    found = vocabulary.weights({"wind": 1, "more": 1}, clusters=2)
    assert found == weights({"wind": 1, "more": 1}, {"wind": 1, "more": 3}, 6 / 2)
    assert found["wind"] > found["more"]


def test_taking_out_leaves_no_trace():
    vocabulary, kept = Vocabulary(), member("trees", "trees")
    vocabulary.add(kept)
    before = vocabulary.weights({"trees": 1}, 1)
    gone = member("Bäume", "bäume", "trees")
    vocabulary.add(gone)
    assert vocabulary.weights({"trees": 1}, 1) != before
    assert vocabulary.text_bytes == len("treesBäume".encode())
    vocabulary.remove(gone)
    assert vocabulary.weights({"trees": 1}, 1) == before
    assert vocabulary.text_bytes == len("trees")


def test_a_text_that_no_encoding_holds_is_measured_all_the_same():
    vocabulary = Vocabulary()
    vocabulary.add(member("\ud800"))
    assert vocabulary.text_bytes == 3
