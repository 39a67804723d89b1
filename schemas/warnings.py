"""Warnings: what is accepted and yet probably a mistake of the sender, with reason and cure.

The one list of them. What a message shows by itself is said before it is sent and in the receipt of
the HTTP intake; what only many messages show is said of a batch, and of what has arrived. Nothing
here changes a verdict, and every message is counted all the same.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, get_args

import msgspec

from schemas.countries import country_advice
from schemas.delays import half_hours
from schemas.events import UNKNOWN_COUNTRY, Consultation, Proposal, Vote
from schemas.times import parse_instant

WarningReason = Literal[
    "unknown_field",
    "unknown_country",
    "country_not_listed",
    "proposal_not_sent",
    "consultation_not_announced",
    "local_time",
    "one_country",
    "one_partition",
]

WARNING_REASONS: Final[tuple[WarningReason, ...]] = get_args(WarningReason)

WARNING_CURES: Final[dict[WarningReason, str]] = {
    "unknown_field": "is no field of the contract and ignored: spell it as there, or leave it out",
    "unknown_country": "write the code of ISO 3166-1",
    "country_not_listed": "check the code, or add the country to the consultation",
    "proposal_not_sent": "send the proposal, or the votes with the proposal_id that was meant",
    "consultation_not_announced": (
        "send the consultation, or the votes with the consultation_id that was meant"
    ),
    "local_time": "convert cast_at to UTC before writing the Z: it looks like local time",
    "one_country": (
        "send the country of each participant; if all are of one country, let the operator"
        " restrict the source to it (tutti sources add --countries)"
    ),
    "one_partition": (
        "use participant_id as the key of each message: with one key for all, one partition does"
        " the work of all"
    ),
}
"""Every reason with what its sender does about it, without the full stop."""

MIN_TENDENCY_VOTES: Final = 100
"""Votes of a source from which on a tendency means something."""
MAX_WARNINGS: Final = 100
"""Different warnings that are kept of a batch or file."""
MAX_FIELDS: Final = 5
"""Unknown fields of one message that are named."""
MAX_NAME: Final = 64
"""Characters of the name of an unknown field that are shown."""
LOCAL_SHARE: Final = 0.9
"""Share of votes with one and the same delay of whole half hours: by chance alone, of votes that
come late at any time, 13 % have some such delay."""


class SenderWarning(NamedTuple):
    """One doubtful value of an accepted event.

    Attributes:
        reason: One of `WARNING_REASONS`.
        field: Path of the field, e.g. ``country`` or ``countries[2].country``.
        found: The value of the field, or the name of a field that is unknown.
        cure: What the sender should do, one sentence without its full stop.
    """

    reason: WarningReason
    field: str
    found: str
    cure: str


class TrafficWarning(NamedTuple):
    """What many messages of one source show together.

    Attributes:
        reason: One of `WARNING_REASONS`.
        source: The source; empty: not known.
        found: What it is about, e.g. a country, or an offset from UTC.
        messages: How many messages are concerned.
        cure: What the sender should do.
    """

    reason: WarningReason
    source: str
    found: str
    messages: int
    cure: str


def warnings(event: Vote | Proposal | Consultation) -> Iterator[SenderWarning]:
    """The warnings for the sender of an accepted event, by its values.

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
        yield SenderWarning("unknown_country", field, code, advice)


_fields: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def unknown_fields(
    event: Vote | Proposal | Consultation, payload: bytes
) -> Iterator[SenderWarning]:
    """A warning for each field of an accepted message that the contract does not know.

    >>> event = Consultation("c", "t")
    >>> [one.found for one in unknown_fields(event, b'{"titel": "t", "title": "t"}')]
    ['titel']
    """
    try:
        unknown = _fields.decode(payload).keys() - set(event.__struct_fields__)
    except msgspec.DecodeError:  # an unknown name that is no text: the rules do not read it
        return
    for name in sorted(unknown)[:MAX_FIELDS]:
        shown = name[:MAX_NAME]
        yield SenderWarning(
            "unknown_field", shown, shown, f"{shown} {WARNING_CURES['unknown_field']}"
        )


class TrafficCell(NamedTuple):
    """Votes of one source and country with one delay, accepted or refused.

    Attributes:
        source: The source.
        country: The country.
        half_hours: Of `schemas.delays`.
        votes: How many.
        first_partition: The least partition that they are on.
        last_partition: The greatest one.
    """

    source: str
    country: str
    half_hours: int
    votes: int
    first_partition: int
    last_partition: int


def traffic_warnings(
    traffic: Iterable[TrafficCell],
    listed: Iterable[str] = (),
    national: Iterable[str] = (),
) -> Iterator[TrafficWarning]:
    """What the votes of one consultation show, source by source.

    Args:
        traffic: All of it.
        listed: Countries that the consultation lists; none: any may take part.
        national: Sources that may send votes of one country only.
    """
    listed, national = frozenset(listed), frozenset(national)
    by_source: dict[str, list[TrafficCell]] = {}
    for row in traffic:
        by_source.setdefault(row.source, []).append(row)
    for source, rows in by_source.items():
        votes = sum(row.votes for row in rows)
        countries = Counter[str]()
        for row in rows:
            countries[row.country] += row.votes
        yield from _not_listed(source, countries, listed)
        if votes < MIN_TENDENCY_VOTES:
            continue
        yield from _local_time(source, rows, votes)
        [(country, most)] = countries.most_common(1)
        if most == votes and source not in national and len(listed) != 1:
            yield _warning("one_country", source, country, votes)
        first = min(row.first_partition for row in rows)
        if first == max(row.last_partition for row in rows):
            yield _warning("one_partition", source, f"partition {first}", votes)


def missing_warnings(
    arrived: Iterable[Sequence[Any]], consultation: str, *, announced: bool
) -> Iterator[TrafficWarning]:
    """What is not known although it has had time to come.

    Args:
        arrived: Source, votes on proposals that nobody has sent, and messages accepted.
        consultation: Its id.
        announced: Whether the consultation is known.
    """
    for source, on_unknown, accepted in arrived:
        if on_unknown:
            yield _warning("proposal_not_sent", source, "", on_unknown)
        if accepted and not announced:
            yield _warning("consultation_not_announced", source, consultation, accepted)


def _not_listed(
    source: str, countries: Counter[str], listed: frozenset[str]
) -> Iterator[TrafficWarning]:
    for country, votes in countries.items():
        if listed and country and country != UNKNOWN_COUNTRY and country not in listed:
            yield _warning("country_not_listed", source, country, votes)


def _local_time(source: str, rows: list[TrafficCell], votes: int) -> Iterator[TrafficWarning]:
    zones = Counter[int]()
    for row in rows:
        if row.half_hours:
            zones[row.half_hours] += row.votes
    for zone, count in zones.most_common(1):
        if count >= MIN_TENDENCY_VOTES and count >= LOCAL_SHARE * votes:
            yield _warning("local_time", source, utc_offset(zone), count)


def utc_offset(zone: int) -> str:
    """The offset of a clock whose votes seem so many half hours late.

    >>> utc_offset(-4), utc_offset(7)
    ('UTC+02:00', 'UTC-03:30')
    """
    hours, halves = divmod(abs(zone), 2)
    return f"UTC{'-' if zone > 0 else '+'}{hours:02}:{30 * halves:02}"


def _warning(reason: WarningReason, source: str, found: str, messages: int) -> TrafficWarning:
    return TrafficWarning(reason, source, found, messages, WARNING_CURES[reason])


@dataclass(slots=True)
class BatchTraffic:
    """The votes of one batch or file, before they are sent.

    Attributes:
        now_ms: When they would arrive; None: not known, so that delays mean nothing.
    """

    now_ms: int | None = None
    _cells: Counter[tuple[str, int]] = field(default_factory=Counter)
    _participant: str = ""
    _several: bool = False

    def add(self, vote: Vote) -> None:
        """Take an accepted vote."""
        zone = 0
        if self.now_ms is not None:
            zone = half_hours(self.now_ms - (parse_instant(vote.cast_at) or self.now_ms))
        self._cells[vote.country, zone] += 1
        self._several |= self._participant not in {"", vote.participant_id}
        self._participant = vote.participant_id

    def warnings(
        self, listed: Iterable[str] = (), national: Iterable[str] = ()
    ) -> Iterator[TrafficWarning]:
        """As `traffic_warnings`, of a source without a name."""
        # Tutti makes the keys: those of several participants are on several partitions.
        last = int(self._several)
        rows = [TrafficCell("", *cell, votes, 0, last) for cell, votes in self._cells.items()]
        return traffic_warnings(rows, listed, national)
