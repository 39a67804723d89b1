from datetime import timedelta

from operator_rows import NAME, NOW, arrived, evening, readings_of

from infra.clickhouse.arrivals import Arrivals
from infra.clickhouse.operator_page import Flagged
from pipelines.live.operator.overview import OLD, overview


def test_each_consultation_has_its_votes_its_people_and_its_leaders():
    page = overview(readings_of(evening()), NOW)
    first = page.consultations[0]
    assert (first.consultation.consultation_id, first.people, first.waiting) == (NAME, 18_204, 3)
    assert [leader.rank for leader, _ in first.leaders] == [1, 2, 3, 4, 5]
    assert len(first.minutes) == 60
    assert page.known == 3
    assert page.freshness == timedelta(seconds=1.4)
    assert page.urgent == 0


def test_votes_a_second_are_those_of_the_last_minute():
    cells = [
        arrived("FR", "tv", 900, 900, last_minute=180),
        arrived("FR", "tv", 9, 9, last_minute=60, consultation_id="other"),
    ]
    page = overview(readings_of(evening() | {"arrivals": Arrivals(cells, {})}), NOW)
    assert page.rate == 4
    assert [line.rate for line in page.consultations] == [3, 0, 0]


def test_a_leading_proposal_with_flagged_ballots_is_marked():
    [first, *_] = overview(readings_of(evening()), NOW).consultations
    flags = {leader.proposal_id: flag for leader, flag in first.leaders}
    assert flags["p3"] == Flagged(800, 5)
    assert flags["p1"] is None


def test_silent_countries_come_first_and_sources_are_summed_over_countries():
    page = overview(readings_of(evening()), NOW)
    assert [line.name for line in page.countries if line.silent] == ["RO"]
    assert page.countries[0].name == "RO"
    assert page.countries[1].name == "DE"
    assert page.countries[1].recent == 520
    assert [line.name for line in page.sources if line.silent] == ["partner-pt"]


def test_before_anything_was_read_everything_is_missing_and_old():
    page = overview(readings_of(dict.fromkeys(evening())), NOW)
    assert page.consultations is None
    assert page.countries is page.letters is page.signals is page.machine is page.rate is None
    readings = readings_of(dict.fromkeys(evening()))
    readings.found["consultations"].at = None
    assert overview(readings, NOW).old


def test_numbers_that_were_not_renewed_are_old_and_an_alarm_if_they_cannot_be():
    readings = readings_of(evening())
    assert not overview(readings, NOW + OLD).old
    assert overview(readings, NOW + OLD + timedelta(seconds=1)).old
    readings.found["consultations"].failed = True
    assert overview(readings, NOW).alarms[0].kind == "unread"
