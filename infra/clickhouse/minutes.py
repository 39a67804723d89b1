"""Reads the counts per minute of `cast_at`, trusted series of the active epoch, for bursts."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from clickhouse_connect.driver.client import Client

_CELLS: Final = """(
    SELECT consultation_id, proposal_id, country, minute, agree, agree + disagree + neutral AS votes
    FROM tutti.minute_cells
    WHERE minute >= {first:UInt64} AND minute < {end:UInt64} AND trust != 'troll'
)"""
_THESE: Final = (
    "consultation_id = {consultation:String} AND proposal_id IN {proposals:Array(String)}"
)
# The minute is a column of the key, so older rows may be dropped before FINAL compares versions.
_SETTINGS: Final = {"optimize_move_to_prewhere_if_final": 1}

_BUSY: Final = f"""
SELECT
    consultation_id, sumMap(countries, now), sumMap(countries, before), count(),
    groupArrayIf(
        (proposal_id, arraySum(now), countries, before, before_agree),
        arraySum(now) >= {{least:UInt64}}
    ) AS busy
FROM (
    SELECT
        consultation_id, proposal_id, groupArray(country) AS countries,
        groupArray(now_here) AS now, groupArray(before_here) AS before,
        sum(before_agree_here) AS before_agree
    FROM (
        SELECT
            consultation_id, proposal_id, toString(country) AS country,
            sumIf(votes, minute >= {{start:UInt64}}) AS now_here,
            sumIf(votes, minute < {{start:UInt64}}) AS before_here,
            sumIf(agree, minute < {{start:UInt64}}) AS before_agree_here
        FROM {_CELLS}
        GROUP BY consultation_id, proposal_id, country
    )
    GROUP BY consultation_id, proposal_id
)
GROUP BY consultation_id
HAVING notEmpty(busy)
"""


class BusyProposal(NamedTuple):
    """A proposal with many ballots in the window.

    Attributes:
        proposal_id: The proposal.
        now: Ballots in the window.
        before: Ballots before it, by country.
        agree_before: Those of them that agree.
    """

    proposal_id: str
    now: int
    before: dict[str, int]
    agree_before: int


class BusyConsultation(NamedTuple):
    """A consultation that has such proposals.

    Attributes:
        consultation_id: The consultation.
        now: Ballots in the window on all its proposals, by country.
        before: Ballots before it, by country.
        proposals: Number of proposals with ballots in either.
        busy: Those with many.
    """

    consultation_id: str
    now: dict[str, int]
    before: dict[str, int]
    proposals: int
    busy: list[BusyProposal]


def busy_consultations(
    clickhouse: Client, first: int, start: int, end: int, least: int
) -> list[BusyConsultation]:
    """Traffic of the consultations that have a proposal with many ballots, read in one pass.

    Args:
        clickhouse: Any client that may read `tutti`.
        first: First minute that is compared with, since 1970.
        start: First minute of the window.
        end: The minute behind it.
        least: So many ballots in the window are many.
    """
    rows = clickhouse.query(
        _BUSY,
        parameters={"first": first, "start": start, "end": end, "least": least},
        settings=_SETTINGS,
    ).result_rows
    return [
        BusyConsultation(
            consultation,
            _map(*now),
            _map(*before),
            proposals,
            [
                BusyProposal(proposal, ballots, _map(countries, counts), agree)
                for proposal, ballots, countries, counts, agree in busy
            ],
        )
        for consultation, now, before, proposals, busy in rows
    ]


def _map(countries: Iterable[str], counts: Iterable[int]) -> dict[str, int]:
    return dict(zip(countries, counts, strict=True))


def first_minutes(
    clickhouse: Client, consultation: str, proposals: Iterable[str]
) -> dict[str, int]:
    """The minute of the first ballot on each proposal, of every trust level."""
    rows = clickhouse.query(
        "SELECT proposal_id, min(minute) FROM tutti.minute_cells"
        f" WHERE {_THESE} GROUP BY proposal_id",
        parameters={"consultation": consultation, "proposals": list(proposals)},
    ).result_rows
    return {row[0]: row[1] for row in rows}


def votes_by_minute(
    clickhouse: Client, consultation: str, first: int, end: int
) -> list[tuple[int, int]]:
    """Minute and ballots on all proposals, from one minute until before another."""
    rows = clickhouse.query(
        f"SELECT minute, sum(votes) FROM {_CELLS}"
        " WHERE consultation_id = {consultation:String} GROUP BY minute",
        parameters={"consultation": consultation, "first": first, "end": end},
        settings=_SETTINGS,
    ).result_rows
    return [(minute, votes) for minute, votes in rows]


def counts_by_minute(
    clickhouse: Client, consultation: str, proposals: Iterable[str], first: int, end: int
) -> dict[tuple[str, int], tuple[int, int]]:
    """(Proposal, minute) → ballots and those that agree, where there are any."""
    rows = clickhouse.query(
        f"SELECT proposal_id, minute, sum(votes), sum(agree) FROM {_CELLS}"
        f" WHERE {_THESE} GROUP BY proposal_id, minute",
        parameters={
            "consultation": consultation,
            "proposals": list(proposals),
            "first": first,
            "end": end,
        },
    ).result_rows
    return {(proposal, minute): (votes, agree) for proposal, minute, votes, agree in rows}
