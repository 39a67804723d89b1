"""Who takes part in a consultation, how fast they vote, and what of it is flagged."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from operators.core.wording import number_of

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

PEOPLE_SQL: Final = """
SELECT participants FROM marts.participation
WHERE consultation_id = {consultation:String} AND country = {country:String} AND hour IS NULL
"""
RATE_SQL: Final = """
WITH
    (SELECT any(if(window_seconds = 0, 60, window_seconds)) FROM marts.consultations
     WHERE consultation_id = {consultation:String}) AS announced,
    if(announced = 0, 60, announced) AS seconds,
    (SELECT max(newest_at) FROM marts.freshness WHERE stage = 'votes') AS newest
SELECT ifNull(sum(votes_all), 0) / seconds AS per_second, seconds
FROM marts.agreement_by_window
WHERE consultation_id = {consultation:String}
    AND {country:String} IN ('all', country)
    AND window_start = toDateTime((intDiv(toUnixTimestamp(newest), seconds) - 1) * seconds, 'UTC')
"""
MAX_WINDOW_S: Final = 3_600
"""Over more, votes per second say nothing about now."""


@dataclass(frozen=True, slots=True)
class Activity:
    """What a board says beside its rows.

    Attributes:
        participants: People with a current ballot.
        per_second: Votes cast a second, over the last whole window; None if that is too long.
        flagged: Proposals on which some ballots are flagged.
    """

    participants: int
    per_second: float | None
    flagged: tuple[str, ...] = ()

    def phrases(self) -> list[str]:
        """The numbers, as a board says them."""
        rate = [] if self.per_second is None else [f"{self.per_second:,.1f} votes/s"]
        return [number_of(self.participants, "participant"), *rate]


def read_activity(clickhouse: "Client", consultation: str, country: str | None = None) -> Activity:
    """Read it; this goes through all ballots, so that no screen should ask for it each second."""
    from infra.clickhouse.signals import flagged_proposals

    named = {"consultation": consultation, "country": country or "all"}
    people = clickhouse.query(PEOPLE_SQL, parameters=named).first_row
    [(per_second, seconds)] = clickhouse.query(RATE_SQL, parameters=named).result_rows
    return Activity(
        int(people[0]) if people else 0,
        per_second if seconds <= MAX_WINDOW_S else None,
        tuple(flagged_proposals(clickhouse, consultation)),
    )
