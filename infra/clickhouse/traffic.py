"""Ballots by the time at which the broker received them: who sends, and who fell silent.

Each answer is bounded, whatever is sent: the most frequent names, and beside them the totals that
hold the others.
"""

from typing import Final, Literal, NamedTuple, get_args

from clickhouse_connect.driver.client import Client

from schemas.reserved import PROBE_CONSULTATION

RECENT_MIN: Final = 15
EARLIER_MIN: Final = 60
"""The minutes before those."""
DAY_MIN: Final = 1440
"""The names with most ballots within so many minutes are shown."""

Label = Literal["country", "source"]

# Without FINAL: a part that is not merged yet may count a ballot twice for a while. A filter on
# `received_at` reads one column first, and most granules are skipped behind it.
_COUNTS: Final = f"""
    countIf(received_at >= {{tick:DateTime64(3)}} - INTERVAL {RECENT_MIN} MINUTE) AS recent,
    countIf(received_at < {{tick:DateTime64(3)}} - INTERVAL {RECENT_MIN} MINUTE
        AND received_at >= {{tick:DateTime64(3)}} - INTERVAL {RECENT_MIN + EARLIER_MIN} MINUTE
    ) AS earlier,
    count() AS day
FROM tutti.ballots
WHERE received_at < {{tick:DateTime64(3)}}
    AND received_at >= {{tick:DateTime64(3)}} - INTERVAL {DAY_MIN} MINUTE
"""
_CONSULTATIONS: Final = f"""
SELECT
    consultation_id, max(open), sum(recent) AS in_recent, sum(earlier) AS in_earlier,
    sum(in_recent) OVER () AS all_recent, sum(in_earlier) OVER () AS all_earlier
FROM (
    SELECT
        toString(consultation_id) AS consultation_id,
        (opens_ms IS NOT NULL OR closes_ms IS NOT NULL)
            AND ifNull(opens_ms, 0) <= toUnixTimestamp64Milli({{tick:DateTime64(3)}})
            AND (closes_ms IS NULL
                OR closes_ms > toUnixTimestamp64Milli({{tick:DateTime64(3)}})) AS open,
        0 AS recent, 0 AS earlier, 0 AS day
    FROM tutti.announced
    UNION ALL
    SELECT toString(consultation_id), 0, recent, earlier, day
    FROM (SELECT consultation_id, {_COUNTS} GROUP BY consultation_id)
)
WHERE consultation_id != {{probe:String}}
GROUP BY consultation_id
ORDER BY sum(day) DESC, max(open) DESC, consultation_id
LIMIT {{most:UInt32}}
"""
_BY: Final[dict[Label, str]] = {
    label: f"""
SELECT toString(consultation_id), toString({label}) AS name, {_COUNTS}
    AND consultation_id IN {{consultations:Array(String)}}
GROUP BY consultation_id, name
ORDER BY day DESC, name
LIMIT {{most:UInt32}} BY consultation_id
"""
    for label in get_args(Label)
}
_SIGNALS: Final = """
SELECT toString(consultation_id), count()
FROM tutti.signals FINAL
WHERE first_seen > {tick:DateTime64(3)} - INTERVAL 60 MINUTE
    AND consultation_id IN {consultations:Array(String)}
GROUP BY consultation_id
"""


class ConsultationTraffic(NamedTuple):
    """Ballots of a consultation.

    Attributes:
        consultation_id: The consultation.
        open: Whether it is open at the tick, its closing decided or announced.
        recent: Ballots received in the `RECENT_MIN` before the tick.
        earlier: In the `EARLIER_MIN` before those.
        all_recent: Of all consultations.
        all_earlier: Of all consultations.
    """

    consultation_id: str
    open: bool
    recent: int
    earlier: int
    all_recent: int
    all_earlier: int


class NamedTraffic(NamedTuple):
    """Ballots of a country or source within a consultation; numbers as above."""

    consultation_id: str
    name: str
    recent: int
    earlier: int


def consultation_traffic(clickhouse: Client, tick_ms: int, most: int) -> list[ConsultationTraffic]:
    """The consultations with most ballots in a day, at most so many; the probe's is none."""
    rows = clickhouse.query(
        _CONSULTATIONS,
        parameters={"tick": _moment(tick_ms), "most": most, "probe": PROBE_CONSULTATION},
    ).result_rows
    return [ConsultationTraffic(name, bool(is_open), *rest) for name, is_open, *rest in rows]


def named_traffic(
    clickhouse: Client, tick_ms: int, label: Label, consultations: list[str], most: int
) -> list[NamedTraffic]:
    """Of each of these consultations the countries or sources with most ballots in a day."""
    rows = clickhouse.query(
        _BY[label],
        parameters={"tick": _moment(tick_ms), "most": most, "consultations": consultations},
    ).result_rows
    return [NamedTraffic(*row[:4]) for row in rows]


def new_signals(clickhouse: Client, tick_ms: int, consultations: list[str]) -> dict[str, int]:
    """How many signals were first seen in the hour before the tick; only where there are some."""
    parameters = {"tick": _moment(tick_ms), "consultations": consultations}
    found = clickhouse.query(_SIGNALS, parameters=parameters).result_rows
    return {str(name): int(count) for name, count in found}


def _moment(at_ms: int) -> str:
    return f"{at_ms / 1000:.3f}"
