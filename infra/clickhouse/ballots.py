"""Reads the archive of ballots for the search of near-identical ones."""

from typing import Final, NamedTuple

import numpy as np
from clickhouse_connect.driver.client import Client
from numpy.typing import NDArray

from operators.core.votes.tally import COUNTED_CHOICES
from schemas.reserved import PROBE_CONSULTATION

BALLOT: Final = np.dtype([
    ("low", "<u8"), ("high", "<u8"), ("proposal", "<u8"), ("choice", "i1"), ("cast_s", "<u4"),
])  # fmt: skip
"""A ballot: halves of the pseudonym, hash of the proposal, number of the choice, s since 1970."""


class Archived(NamedTuple):
    """What is in the archive of one consultation.

    Attributes:
        consultation_id: The consultation.
        newest_ms: Broker time of its newest ballot, ms since 1970.
        ballots: Their number, former and withdrawn ones included.
    """

    consultation_id: str
    newest_ms: int
    ballots: int


def archived(clickhouse: Client) -> list[Archived]:
    """Every consultation with ballots, without the probe's."""
    rows = clickhouse.query(
        "SELECT consultation_id, toUnixTimestamp64Milli(max(received_at)), count()"
        " FROM tutti.ballots WHERE consultation_id != {probe:String} GROUP BY consultation_id",
        parameters={"probe": PROBE_CONSULTATION},
    ).result_rows
    return [Archived(*row) for row in rows]


def read_ballots(
    clickhouse: Client, consultation: str, slices: int, number: int
) -> NDArray[np.void]:
    """Current ballots of the trusted series, of one slice of the people, as rows of `BALLOT`.

    Args:
        clickhouse: Any client that may read `tutti`.
        consultation: Its id.
        slices: Parts into which its people are divided.
        number: Which part, from 0.
    """
    answer = clickhouse.raw_query(
        """
        SELECT
            participant, cityHash64(proposal_id),
            toInt8(indexOf({choices:Array(String)}, choice) - 1), toUInt32(toUnixTimestamp(cast_at))
        FROM tutti.ballots FINAL
        WHERE consultation_id = {consultation:String} AND choice != 'withdrawn'
            AND trust != 'troll' AND participant % {slices:UInt32} = {number:UInt32}
        """,
        parameters={
            "consultation": consultation,
            "slices": slices,
            "number": number,
            "choices": list(COUNTED_CHOICES),
        },
        fmt="RowBinary",
    )
    return np.frombuffer(answer, BALLOT)
