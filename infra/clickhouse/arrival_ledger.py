"""Reads the arrival ledger of one consultation: what came of whom, what was rejected or is missing.

Sums over `marts.arrivals`, `marts.refusals` and `marts.manifests`, and what warnings are made from.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.moments import in_utc
from schemas.warnings import TrafficCell, TrafficWarning, missing_warnings, traffic_warnings

MAX_ROWS: Final = 1_000
MAX_TRAFFIC: Final = 50_000
"""Sources, countries and delays that warnings are made from."""
EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)
UNKNOWN_AFTER: Final = timedelta(minutes=2)
"""A proposal that is unknown for so long is warned of: a minute, after the minute of arrival."""

_WHERE: Final = (
    "consultation_id = {consultation:String} AND minute >= {since:DateTime('UTC')}"
    " AND ({source:String} = '' OR source = {source:String})"
)
_CELLS: Final = f"""
SELECT
    source, country, kind, sum(received), sum(accepted), sum(rejected), sum(late), sum(replaced),
    sum(unknown_proposal), max(minute)
FROM marts.arrivals WHERE {_WHERE}
GROUP BY source, country, kind
ORDER BY sum(received) DESC, source, country, kind LIMIT {MAX_ROWS}
"""
_REJECTIONS: Final = f"""
SELECT source, kind, reason, any(cure), sum(messages), max(minute)
FROM marts.refusals WHERE {_WHERE}
GROUP BY source, kind, reason
ORDER BY sum(messages) DESC, source, kind, reason LIMIT {MAX_ROWS}
"""
_MANIFESTS: Final = f"""
SELECT source, kind, country, sum(sent), sum(accepted), sum(rejected), sum(difference), min(hour),
    max(hour)
FROM marts.manifests WHERE {_WHERE.replace("minute", "hour")}
GROUP BY source, kind, country
ORDER BY abs(sum(difference)) DESC, source, kind, country LIMIT {MAX_ROWS}
"""
# Partitions are the upper bits of the coordinates.
_TRAFFIC: Final = f"""
SELECT
    toString(source), toString(country), half_hours, bitmapCardinality(members),
    bitShiftRight(bitmapMin(members), 40), bitShiftRight(bitmapMax(members), 40)
FROM (
    SELECT source, country, half_hours, groupBitmapMergeState(messages) AS members
    FROM tutti.arrivals WHERE kind = 'votes' AND {_WHERE}
    GROUP BY source, country, half_hours
)
ORDER BY source, country, half_hours LIMIT {MAX_TRAFFIC}
"""
_UNKNOWN: Final = f"""
SELECT toString(source), sum(unknown_proposal), sum(accepted)
FROM marts.arrivals
WHERE {_WHERE} AND kind != 'consultations' AND minute < {{known_by:DateTime('UTC')}}
GROUP BY source ORDER BY source LIMIT {MAX_ROWS}
"""
_ANNOUNCED: Final = """
SELECT countries FROM marts.consultations WHERE consultation_id = {consultation:String}
"""


@dataclass(frozen=True, slots=True)
class ArrivedCell:
    """Messages of one source, country and kind; see `marts.arrivals`."""

    source: str
    country: str
    kind: str
    received: int
    accepted: int
    rejected: int
    late: int
    replaced: int
    unknown_proposal: int
    newest_minute: datetime


@dataclass(frozen=True, slots=True)
class RejectedMessages:
    """Rejected messages of one source, kind and reason; see `marts.refusals`."""

    source: str
    kind: str
    reason: str
    cure: str
    messages: int
    newest_minute: datetime


@dataclass(frozen=True, slots=True)
class ManifestComparison:
    """What a source believes it sent of one kind and country; see `marts.manifests`."""

    source: str
    kind: str
    country: str
    sent: int
    accepted: int
    rejected: int
    difference: int
    first_hour: datetime
    last_hour: datetime


@dataclass(frozen=True, slots=True)
class ArrivalLedger:
    """The ledger of one consultation, with what it warns of."""

    consultation_id: str
    cells: list[ArrivedCell]
    rejections: list[RejectedMessages]
    manifests: list[ManifestComparison]
    warnings: list[TrafficWarning]


def read_ledger(
    clickhouse: Client,
    consultation: str,
    now: datetime,
    *,
    source: str = "",
    since: datetime = EVER,
    national: Iterable[str] = (),
) -> ArrivalLedger:
    """Read it; re-votes make it go through the ballots of the consultation.

    Args:
        clickhouse: Operators' address.
        consultation: Its id.
        now: What is not announced a minute before it is warned of.
        source: Only this one; empty: all.
        since: Only from then on.
        national: Sources that may send votes of one country only.
    """
    named = {
        "consultation": consultation,
        "source": source,
        "since": since,
        "known_by": now - UNKNOWN_AFTER,
    }

    def rows(sql: str) -> list[list[Any]]:
        return [[in_utc(v) for v in row] for row in clickhouse.query(sql, named).result_rows]

    announced = rows(_ANNOUNCED)
    listed = announced[0][0] if announced else []
    return ArrivalLedger(
        consultation,
        [ArrivedCell(*row) for row in rows(_CELLS)],
        [RejectedMessages(*row) for row in rows(_REJECTIONS)],
        [ManifestComparison(*row) for row in rows(_MANIFESTS)],
        [
            *missing_warnings(rows(_UNKNOWN), consultation, announced=bool(announced)),
            *traffic_warnings([TrafficCell(*row) for row in rows(_TRAFFIC)], listed, national),
        ],
    )
