"""Reads for opinion groups: which consultations have changed, and their current ballots."""

from dataclasses import dataclass
from datetime import datetime
from itertools import compress
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from clickhouse_connect.driver.client import Client

from operators.core.groups.matrix import Opinions
from schemas.reserved import PROBE_CONSULTATION

_PARTS: Final = """
    SELECT table, max(max_block_number), max(data_version) FROM system.parts
    WHERE database = 'tutti' AND table IN ('ballots', 'proposals') AND active
    GROUP BY table ORDER BY table"""

_SNAPSHOTS: Final = f"""
    SELECT consultation_id, sum(rows), max(received), groupArray((origin_partition, newest)),
        any(left_out)
    FROM (
        SELECT consultation_id, origin_partition, count() AS rows, max(origin_offset) AS newest,
            max(received_at) AS received
        FROM tutti.ballots WHERE consultation_id != '{PROBE_CONSULTATION}'
        GROUP BY consultation_id, origin_partition ORDER BY consultation_id, origin_partition
    ) AS ballots
    LEFT JOIN (
        SELECT consultation_id,
            sumIf(cityHash64(proposal_id), status = 'refused' OR meta) AS left_out
        FROM tutti.proposals FINAL GROUP BY consultation_id
    ) AS proposals USING (consultation_id)
    GROUP BY consultation_id"""

# The names stand in the same query as their numbers: a proposal may come in between two.
_BALLOTS: Final = """
    WITH (
        SELECT groupArray(proposal_id) FROM (
            SELECT DISTINCT proposal_id FROM tutti.ballots
            WHERE consultation_id = {consultation:String} ORDER BY proposal_id
        )
    ) AS names
    SELECT toFixedString('', 16) AS participant, emptyArrayUInt32() AS ballots, names AS proposals
    UNION ALL
    SELECT participant, ballots, emptyArrayString() FROM (
        SELECT
            reinterpretAsFixedString(participant) AS participant,
            arraySort(groupArray(
                toUInt32(transform(proposal_id, names, range(toUInt32(length(names))), 0) * 4
                + transform(choice, ['agree', 'neutral'], [2, 1], 0))
            )) AS ballots
        FROM tutti.ballots FINAL
        WHERE consultation_id = {consultation:String} AND choice != 'withdrawn' AND trust != 'troll'
        GROUP BY participant ORDER BY participant
    )"""

_PROPOSALS: Final = """
    SELECT count() FROM (
        SELECT DISTINCT proposal_id FROM tutti.ballots
        WHERE consultation_id = {consultation:String}
    )"""

_LEFT_OUT: Final = """
    SELECT proposal_id FROM tutti.proposals FINAL
    WHERE consultation_id = {consultation:String} AND (status = 'refused' OR meta)"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How far a consultation's ballots are; equal to an earlier one: nothing to do.

    Attributes:
        rows: Ballots, former and withdrawn ones included as long as ClickHouse keeps them.
        as_of: Broker time of the newest vote.
        newest: Newest offset of each partition of the votes as sent.
        left_out: Checksum of the proposals that groups are made without.
    """

    rows: int
    as_of: datetime
    newest: tuple[Any, ...]
    left_out: int

    def differs(self, former: "Snapshot | None") -> bool:
        """Whether votes or moderation have come since; merges alone change `rows` only."""
        return former is None or (self.newest, self.left_out) != (former.newest, former.left_out)


def newest_data_parts(clickhouse: Client) -> tuple[Any, ...]:
    """Something that changes with every insert, and costs nothing to ask."""
    return tuple(clickhouse.query(_PARTS).result_rows)


def snapshots(clickhouse: Client) -> dict[str, Snapshot]:
    """All consultations with ballots."""
    return {
        consultation: Snapshot(rows, as_of, tuple(newest), left_out)
        for consultation, rows, as_of, newest, left_out in clickhouse.query(_SNAPSHOTS).result_rows
    }


def count_proposals(clickhouse: Client, consultation: str) -> int:
    """Proposals with ballots, withdrawn ones and trolls' included."""
    known = {"consultation": consultation}
    [[proposals]] = clickhouse.query(_PROPOSALS, parameters=known).result_rows
    return int(proposals)


def read_opinions(clickhouse: Client, consultation: str) -> Opinions:
    """The current ballots of the trusted series; withdrawn ones are left out."""
    known = {"consultation": consultation}
    found = clickhouse.query_arrow(_BALLOTS, parameters=known)
    voters = pc.greater(pc.list_value_length(found["ballots"]), 0)
    proposals = tuple(found.filter(pc.invert(voters))["proposals"].to_pylist()[0])
    left_out = {row[0] for row in clickhouse.query(_LEFT_OUT, parameters=known).result_rows}
    return opinions_of(found.filter(voters), proposals, left_out)


def opinions_of(found: pa.Table, proposals: tuple[str, ...], left_out: set[str]) -> Opinions:
    """The matrix of a table of participants, each with sorted ballots: proposal * 4 + choice."""
    people = found["participant"].combine_chunks()
    lists = found["ballots"].combine_chunks()
    codes = lists.flatten().to_numpy()
    starts = np.zeros(len(people) + 1, np.int64)
    np.cumsum(pc.list_value_length(lists).to_numpy(), out=starts[1:])
    # Proposals with nothing but withdrawn or troll ballots stay out.
    places = codes >> 2
    voted = np.bincount(places, minlength=len(proposals)) > 0
    kept = tuple(compress(proposals, voted))
    return Opinions(
        participants=np.frombuffer(b"".join(people.to_pylist()), "S16"),
        proposals=kept,
        left_out=np.array([proposal in left_out for proposal in kept], np.bool_),
        starts=starts,
        columns=(np.cumsum(voted) - 1)[places],
        votes=(codes & 3).astype(np.int8) - np.int8(1),
    )
