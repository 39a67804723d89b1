"""The table of countries is ISO's, and its advice leads to a code."""

from importlib.resources import files
from itertools import product
from string import ascii_uppercase

import pytest

from schemas.countries import CODES, INSTEAD, country_advice


def test_the_codes_are_those_of_the_tz_database() -> None:
    table = files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text("utf-8")
    assert {line.split("\t")[0] for line in table.splitlines() if line[:1] != "#"} == CODES


def test_of_all_pairs_of_letters_countries_kosovo_and_unknown_need_no_advice() -> None:
    pairs = {"".join(pair) for pair in product(ascii_uppercase, repeat=2)}
    assert {code for code in pairs if country_advice(code) is None} == CODES | {"XK", "ZZ"}


@pytest.mark.parametrize("code", ["UK", "EL", "XX", *INSTEAD])
def test_the_advice_names_a_code_that_needs_none(code: str) -> None:
    advice = country_advice(code)
    assert advice is not None
    assert country_advice(advice.rpartition(" ")[2]) is None
