"""The parts that pages are made of."""

import doctest

import pytest

from docs.generate import hooks, markdown
from docs.generate.commands import _wrapped
from docs.generate.regions import filled, names


@pytest.mark.parametrize("module", [markdown, hooks], ids=lambda module: module.__name__)
def test_examples_in_the_text_of_a_module_hold(module):
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed


def test_a_page_names_its_generated_parts():
    part = "<!-- generated: {} -->\ntext\n<!-- /generated -->\n"
    assert names("# Page\n" + part.format("one") + "by hand\n" + part.format("two")) == [
        "one",
        "two",
    ]
    assert names("# Page\n") == []


@pytest.mark.parametrize(
    "page",
    [
        "<!-- generated: one -->\ntext\n",
        "text\n<!-- /generated -->\n",
        "<!-- generated: One! -->\ntext\n<!-- /generated -->\n",
    ],
)
def test_a_comment_without_its_pair_is_no_part_that_is_passed_over(page):
    with pytest.raises(ValueError, match="begins with one comment"):
        names(page)


def test_a_part_that_nobody_makes_stays():
    page = "<!-- generated: other -->\nold\n<!-- /generated -->\n"
    assert filled(page, {"flow": lambda: "new"}) == page


def test_a_long_command_is_broken_between_its_words():
    text = _wrapped(["tutti dlq stats", *["[--option-of-some-length VALUE]"] * 5])
    assert all(len(line) <= 80 for line in text.split("\n"))
    assert text.replace(" \\\n    ", " ").split() == [
        *("tutti", "dlq", "stats"),
        *["[--option-of-some-length", "VALUE]"] * 5,
    ]
