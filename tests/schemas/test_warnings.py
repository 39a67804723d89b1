"""What is accepted and yet probably a mistake is said to its sender."""

import pytest

from schemas.events import Consultation, CountryWeight
from schemas.warnings import warnings


def consultation(*countries: str) -> Consultation:
    return Consultation("c", "t", tuple(CountryWeight(country, 1.0) for country in countries))


def test_codes_of_countries_need_no_warning():
    assert list(warnings(consultation("FR", "GR", "ZZ"))) == []


@pytest.mark.parametrize(("written", "meant"), [("EL", "GR"), ("UK", "GB")])
def test_a_code_of_another_list_is_named_with_its_place_and_its_cure(written, meant):
    [found] = warnings(consultation("FR", written))
    assert (found.field, found.found) == ("countries[1].country", written)
    assert meant in found.cure
