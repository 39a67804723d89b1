"""Votes by when the broker received them: of each consultation, country and source, lately.

Read from the archive of current ballots, which keeps of each person and proposal the latest vote
only. So a vote that was replaced by another one counts no more, and a vote that was sent twice
counts once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.moments import in_utc

RECENT_MIN: Final = 5
"""Votes of so many minutes are compared ..."""
BEFORE_MIN: Final = 55
"""... with those of so many minutes before them."""
MAX_ROWS: Final = 5_000

_NOW: Final = "{now:DateTime64(3, 'UTC')}"
_SQL: Final = f"""
WITH recent AS (
    SELECT
        consultation_id, country, source,
        toUInt16(intDiv(dateDiff('second', received_at, {_NOW}), 60)) AS minutes_ago,
        count() AS votes, max(received_at) AS newest
    FROM tutti.ballots
    WHERE received_at > {_NOW} - INTERVAL {RECENT_MIN + BEFORE_MIN} MINUTE
        AND received_at <= {_NOW} AND consultation_id != {{probe:String}}
    GROUP BY consultation_id, country, source, minutes_ago
)
SELECT
    grouping(country) = 0 AS by_cell, consultation_id, country, source, minutes_ago,
    sum(votes), sumIf(votes, minutes_ago < {RECENT_MIN}), sumIf(votes, minutes_ago = 0), max(newest)
FROM recent
GROUP BY GROUPING SETS ((consultation_id, country, source), (consultation_id, minutes_ago))
ORDER BY by_cell, sum(votes) DESC, consultation_id, country, source, minutes_ago
LIMIT {{rows:UInt32}}
"""


@dataclass(frozen=True, slots=True)
class Arrived:
    """Votes of one consultation, country and source in the last hour.

    Attributes:
        last_minute: Votes of the last whole 60 seconds.
        recent: Votes of the last `RECENT_MIN` minutes.
        before: Votes of the `BEFORE_MIN` minutes before these.
        newest_at: When the newest of them was received.
    """

    consultation_id: str
    country: str
    source: str
    last_minute: int
    recent: int
    before: int
    newest_at: datetime


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The last hour.

    Attributes:
        cells: Votes by consultation, country and source, most first.
        minutes: Consultation → votes of each minute, the oldest first, 60 of them.
    """

    cells: list[Arrived]
    minutes: dict[str, list[int]]


def read_arrivals(clickhouse: Client, now: datetime, probe: str) -> Arrivals:
    """Votes of the last hour; it reads the time of every ballot.

    Args:
        clickhouse: Operators' address.
        now: The hour's end.
        probe: The consultation that is left out.
    """
    rows = clickhouse.query(
        _SQL, parameters={"now": now, "probe": probe, "rows": MAX_ROWS}
    ).result_rows
    found = Arrivals([], {})
    for by_cell, consultation, country, source, ago, votes, recent, minute, newest in rows:
        if by_cell:
            found.cells.append(
                Arrived(
                    consultation, country, source, minute, recent, votes - recent, in_utc(newest)
                )
            )
        elif ago < RECENT_MIN + BEFORE_MIN:
            line = found.minutes.setdefault(consultation, [0] * (RECENT_MIN + BEFORE_MIN))
            line[-1 - ago] += votes
    return found
