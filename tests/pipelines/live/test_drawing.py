import re
from dataclasses import replace
from datetime import timedelta

import pytest
from live_rows import COUNTRIES, HISTORY, TICKS

from infra.clickhouse.open_boards import Added
from operators.core.scores.agreement import agreement
from pipelines.live import drawing
from schemas.countries import CODES


def test_a_bar_is_as_long_as_its_parts():
    found = drawing.bar(80, 5, 15, 0.71, 0.87)
    assert found is not None
    parts = [float(each.rstrip("%")) for each in (found.agree, found.neutral, found.disagree)]
    assert parts == [80.0, 5.0, 15.0]
    assert (found.neutral_at, found.disagree_at, found.low) == ("80.00%", "85.00%", "71.00%")
    assert drawing.bar(0, 0, 0, 0, 1) is None


@pytest.mark.parametrize("share", [-1.0, 1.5])
def test_nothing_is_drawn_outside(share):
    assert drawing.per_cent(share) in {"0.00%", "100.00%"}


def test_a_line_is_agreement_over_all_that_was_published_until_then():
    found = drawing.line(HISTORY)
    assert found is not None
    assert [each.votes for each in found.moments] == [60, 100]
    expected = agreement(80, 100)
    last = found.moments[-1]
    assert (last.rate, last.low, last.high) == (expected.rate, expected.low, expected.high)
    assert found.rate.split() == ["0.0,16.67", "1000.0,20.00"]
    assert len(found.band.split()) == 4


def test_a_line_ends_at_the_moment_that_is_shown_and_needs_two_ends():
    assert drawing.line(HISTORY, until=TICKS[1]) is None
    assert drawing.line([]) is None


def test_ballots_that_were_taken_back_do_not_break_the_line():
    taken = Added(TICKS[2] + timedelta(minutes=1), -200, -200, 0, 0)
    found = drawing.line([*HISTORY, taken])
    assert found is not None
    assert len(found.moments) == 2


def test_the_map_has_every_country_of_the_union_with_a_place_for_its_label():
    drawn = drawing.europe()
    union = {
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
        "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    }  # fmt: skip
    assert union <= set(drawn["countries"]) <= CODES | {"XK"}
    for code in union:
        country = drawn["countries"][code]
        assert 0 < country["x"] < drawn["width"]
        assert 0 < country["y"] < drawn["height"]
    places = [(each["x"], each["y"]) for each in drawn["countries"].values() if "x" in each]
    assert len(set(places)) == len(places)


def test_a_map_holds_outlines_only_and_says_where_they_are_from():
    drawn = drawing.europe()
    assert "public domain" in drawn["source"]
    for country in drawn["countries"].values():
        assert re.fullmatch(r"[Mlz0-9 -]+", country["path"])


def test_a_country_with_few_ballots_is_drawn_as_uncertain_and_several_together_have_no_place():
    few = [*COUNTRIES, replace(COUNTRIES[0], country="MT", votes=29, agree_rate=1.0)]
    found = {each.country: each for each in drawing.shapes(few) if each.shade is not None}
    assert {code: (s.uncertain, s.shade, s.small) for code, s in found.items()} == {
        "FR": (False, 4, False),
        "MT": (True, 4, True),
    }
    assert len(drawing.shapes(few)) == len(drawing.europe()["countries"])
    assert drawing.shapes(COUNTRIES[1:]) == []


def test_a_long_text_is_cut_in_a_picture_and_an_empty_one_is_none():
    assert len(drawing.wrapped("word " * 300)) == 5
    assert drawing.wrapped("word " * 300)[-1].endswith("…")
    assert drawing.wrapped("") == [""]


def test_a_text_in_a_picture_is_one_that_xml_can_hold():
    assert drawing.wrapped("a\x0bb\ufffe\ud800c") == ["a b  c"]
