"""Warnings: events that are accepted and yet probably a mistake of the sender."""

from collections.abc import Iterator
from typing import NamedTuple

from schemas.countries import country_advice
from schemas.events import Consultation, Proposal, Vote


class SenderWarning(NamedTuple):
    """One doubtful value of an accepted event.

    Attributes:
        field: Path of the field, e.g. ``country`` or ``countries[2].country``.
        found: The value of the field.
        cure: What the sender should do, one sentence without its full stop.
    """

    field: str
    found: str
    cure: str


def warnings(event: Vote | Proposal | Consultation) -> Iterator[SenderWarning]:
    """The warnings for the sender of an accepted event.

    >>> from schemas.events import CountryWeight
    >>> list(warnings(Consultation("c", "t", (CountryWeight("EL", 10.4),))))[0].cure
    'EL is no code of ISO 3166-1: write GR'
    """
    if isinstance(event, Consultation):
        for position, entry in enumerate(event.countries):
            yield from _country(f"countries[{position}].country", entry.country)
    elif event.country:
        yield from _country("country", event.country)


def _country(field: str, code: str) -> Iterator[SenderWarning]:
    advice = country_advice(code)
    if advice is not None:
        yield SenderWarning(field, code, advice)
