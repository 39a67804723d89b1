"""Links to the earliest, and back to those that repeat it."""

from operators.core.clusters.duplicate_links import DuplicateLinks
from operators.core.clusters.members import Member
from operators.core.clusters.near_duplicates import Duplicate

LONG = "AAAA BBBB CCCC DDDD EEEE FFFF GGGG HHHH IIII JJJJ KKKK"


def member(proposal: str, text: str, offset: int) -> Member:
    return Member(proposal, text, "en", offset, 1, 0.0, Duplicate(), ())


def test_a_removed_one_names_those_that_repeated_it():
    links = DuplicateLinks()
    first, second = member("a", LONG, 1), member("b", LONG, 2)
    links.add(first)
    second.duplicate = links.find(second, readable=True)
    assert second.duplicate.of == "a"
    links.link(second)
    links.remove(first)
    assert links.unlink(first) == {"b"}
    assert links.unlink(first) == set()
    assert links.find(second, readable=True) == Duplicate()


def test_unreadable_texts_that_are_nearly_the_same_are_no_repetition():
    links = DuplicateLinks()
    links.add(member("a", LONG, 1))
    near = member("b", f"{LONG} L", 2)
    assert links.find(near, readable=True).kind == "near"
    assert links.find(near, readable=False) == Duplicate()
    assert links.find(member("c", LONG, 3), readable=False).kind == "exact"
