"""Verdicts are judged with the code that makes them, and constants are chosen without the judge."""

from dataclasses import replace

import numpy as np
import pytest
from conversations import read_conversation

from loadtests.evaluation.group_cases import LEANINGS, simulate
from loadtests.evaluation.group_page import render
from loadtests.evaluation.group_verdicts import (
    EXPECTED,
    JUDGED,
    LEARNT,
    RULES,
    Measured,
    Rule,
    choose,
    former_verdict,
    lines,
    measure,
    polis_opinions,
    verdict,
)
from operators.core.groups import significance

CASE = Measured(
    "two camps", 400, 30, 2, [0.3, 0.2, 0.1, 0.1, 0.1], (0.1, 0.01), (0.1, 0.02), 0.08, (0.5, 0.4)
)


def test_seeds_of_choosing_and_judging_differ():
    assert not set(LEARNT) & set(JUDGED)
    assert len(JUDGED) == 20
    assert list(EXPECTED) == list(LEANINGS)


def test_the_rule_is_that_of_the_product():
    assert verdict(CASE) == "separate"
    assert lines(CASE) == 2
    assert verdict(replace(CASE, gap=significance.MIN_DIP / 2)) == "continuum"
    assert verdict(replace(CASE, people=20)) == "continuum"
    assert verdict(replace(CASE, shares=[0.1] * 5)) == "chance"
    assert verdict(replace(CASE, k=0)) == "chance"
    assert verdict(CASE, null=(0.29, 0.1)) == "chance"


def test_the_former_rule_knows_groups_or_none():
    assert former_verdict(CASE) == "separate"
    assert former_verdict(replace(CASE, silhouette=(0.45, 0.46))) == "chance"
    with pytest.raises(ValueError, match="two camps"):
        former_verdict(replace(CASE, silhouette=None))


def test_a_kind_that_is_left_out_has_no_part_in_the_choice():
    """Noise that reaches 5 deviations asks for a bound above it, unless it is left out."""
    noisy = [replace(CASE, name="noise", shares=[0.15] * 5) for _ in range(4)]
    camps = [replace(CASE, shares=[0.145] * 5)]
    assert choose([*noisy, *camps]).deviations > 5
    assert choose([*noisy, *camps], without="noise").deviations < 4.5
    assert Rule(4, 0.03, 0.6) in RULES


def test_a_small_consultation_is_measured_and_a_page_is_made_of_it():
    measured = measure("two camps", simulate("two camps", 7).opinions, beside=True)
    assert verdict(measured) == "separate"
    judged = [replace(measured, name=kind) for kind in EXPECTED for _ in JUDGED]
    page = render(judged, judged, [replace(measured, name="a public one")])
    assert "| two camps | separate groups | 20 of 20 |" in page
    assert "| noise | no disagreement beyond chance | 0 of 20 |" in page
    assert "| a public one |" in page


def test_public_conversations_are_read_as_the_product_reads_them(shared_data):
    folder = shared_data / "polis" / "london.youth.policing"
    found, expected = polis_opinions(folder), read_conversation(folder).opinions()
    assert np.array_equal(found.votes, expected.votes)
    assert np.array_equal(found.left_out, expected.left_out)
