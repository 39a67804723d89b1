"""What is accepted and yet probably a mistake is said to its sender."""

import msgspec
import pytest

from schemas.events import Consultation, CountryWeight, Vote
from schemas.warnings import (
    WARNING_CURES,
    WARNING_REASONS,
    BatchTraffic,
    TrafficCell,
    missing_warnings,
    traffic_warnings,
    unknown_fields,
    warnings,
)


def consultation(*countries: str) -> Consultation:
    return Consultation("c", "t", tuple(CountryWeight(country, 1.0) for country in countries))


def test_codes_of_countries_need_no_warning():
    assert list(warnings(consultation("FR", "GR", "ZZ"))) == []


@pytest.mark.parametrize(("written", "meant"), [("EL", "GR"), ("UK", "GB")])
def test_a_code_of_another_list_is_named_with_its_place_and_its_cure(written, meant):
    [found] = warnings(consultation("FR", written))
    assert (found.field, found.found) == ("countries[1].country", written)
    assert meant in found.cure


VOTE = Vote("c", "p", "a", "agree", "2026-05-01T12:00:00Z", country="FR")


def test_every_reason_has_a_cure() -> None:
    assert set(WARNING_CURES) == set(WARNING_REASONS)


def test_fields_that_the_contract_does_not_know_are_named_a_few_of_them():
    payload = b'{"contry":"FR","choice":"agree","' + b"x" * 200 + b'":[[1]]}'
    found = list(unknown_fields(VOTE, payload))
    assert [one.found for one in found] == ["contry", "x" * 64]
    assert {one.reason for one in found} == {"unknown_field"}
    many = "{" + ",".join(f'"f{n}":1' for n in range(99)) + "}"
    assert len(list(unknown_fields(VOTE, many.encode()))) == 5
    assert list(unknown_fields(VOTE, b'{"choice":"agree","\\ud800":1}')) == []


def traffic(*rows: tuple[str, str, int, int], partitions: tuple[int, int] = (0, 3)):
    return [TrafficCell(*row, *partitions) for row in rows]


def found_in(rows, listed=(), national=()):
    return [
        (w.reason, w.source, w.found, w.messages) for w in traffic_warnings(rows, listed, national)
    ]


def test_ordinary_traffic_needs_no_warning():
    rows = traffic(("tv", "FR", 0, 900), ("tv", "DE", 2, 40), ("app", "PT", 0, 99))
    assert found_in(rows, listed=["FR", "DE", "PT"]) == []


def test_countries_that_the_consultation_does_not_list_are_named_however_few():
    rows = traffic(("tv", "FR", 0, 9), ("tv", "US", 0, 1), ("tv", "ZZ", 0, 1), ("app", "", 0, 1))
    assert found_in(rows, listed=["FR"]) == [("country_not_listed", "tv", "US", 1)]
    assert found_in(rows) == []  # any country may take part


@pytest.mark.parametrize(("zone", "offset"), [(2, "UTC-01:00"), (-4, "UTC+02:00")])
def test_votes_that_are_wrong_by_the_same_half_hours_look_like_local_time(zone, offset):
    rows = traffic(("tv", "FR", zone, 190), ("tv", "DE", 0, 10))
    assert found_in(rows) == [("local_time", "tv", offset, 190)]
    # What comes late at any time has such a delay now and then.
    rows = traffic(("tv", "FR", zone, 130), ("tv", "DE", 0, 870))
    assert found_in(rows) == []


def test_a_source_of_one_country_is_warned_of_unless_it_may_send_no_other():
    rows = traffic(("portugal", "PT", 0, 500))
    assert found_in(rows, listed=["PT", "ES"]) == [("one_country", "portugal", "PT", 500)]
    assert found_in(rows, listed=["PT", "ES"], national=["portugal"]) == []
    assert found_in(rows, listed=["PT"]) == []
    assert found_in(traffic(("portugal", "PT", 0, 99))) == []  # too few


def test_a_source_on_one_partition_is_warned_of():
    rows = traffic(("tv", "FR", 0, 90), ("tv", "DE", 0, 90), partitions=(2, 2))
    assert found_in(rows) == [("one_partition", "tv", "partition 2", 180)]


def test_a_batch_shows_the_same_before_it_is_sent():
    batch = BatchTraffic(now_ms=1_777_636_800_000 + 7_200_000)  # two hours after the votes
    for number in range(200):
        batch.add(msgspec.structs.replace(VOTE, participant_id=f"p{number}"))
    assert [(w.reason, w.found) for w in batch.warnings()] == [
        ("local_time", "UTC-02:00"),
        ("one_country", "FR"),
    ]
    alone = BatchTraffic()
    for _ in range(200):
        alone.add(VOTE)
    assert [w.reason for w in alone.warnings(national=[""])] == ["one_partition"]


def test_what_is_missing_is_said_source_by_source():
    found = missing_warnings([("tv", 3, 10), ("app", 0, 4)], "c", announced=False)
    assert [(w.reason, w.source, w.messages) for w in found] == [
        ("proposal_not_sent", "tv", 3),
        ("consultation_not_announced", "tv", 10),
        ("consultation_not_announced", "app", 4),
    ]
    assert list(missing_warnings([("tv", 0, 10)], "c", announced=True)) == []
