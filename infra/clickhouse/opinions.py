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
from operators.core.groups.partition import MIN_BALLOTS
from operators.core.groups.run import (
    MAX_BALLOTS,
    MAX_PROPOSALS,
    MIN_COUNTRY_PEOPLE,
    SAMPLE_PEOPLE,
    SAMPLE_PROPOSALS,
    sample_size,
)
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

_ALL: Final = "WHERE consultation_id = {consultation:String}"
_COUNTRY: Final = "AND ({country:String} = '' OR country = {country:String})"
_CURRENT: Final = f"{_ALL} {_COUNTRY} AND choice != 'withdrawn' AND trust != 'troll'"
_NAMES: Final = f"""
    SELECT DISTINCT proposal_id FROM tutti.ballots {_ALL} {_COUNTRY} ORDER BY proposal_id"""
_TOP_PROPOSALS: Final = f"""
    SELECT proposal_id FROM (
        SELECT proposal_id FROM tutti.ballots {_ALL} {_COUNTRY}
        GROUP BY proposal_id ORDER BY count() DESC, proposal_id LIMIT {{proposals:UInt32}}
    ) ORDER BY proposal_id"""

# The names stand in the same query as their numbers: a proposal may come in between two.
_BALLOTS: Final = """
    WITH (SELECT groupArray(proposal_id) FROM ({names})) AS names
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
        {current}
        GROUP BY participant {having} ORDER BY participant
    )"""
_WHOLE: Final = _BALLOTS.format(names=_NAMES, current=_CURRENT, having="")
_DRAWN: Final = _BALLOTS.format(
    names=_TOP_PROPOSALS,
    current=f"{_CURRENT} AND proposal_id IN ({_TOP_PROPOSALS})"
    " AND sipHash64(participant) <= {bound:UInt64}",
    having=f"HAVING count() >= {MIN_BALLOTS}",
)

_EXTENT: Final = f"""
    SELECT count(), uniqExact(proposal_id) FROM tutti.ballots {_ALL} {_COUNTRY}"""

_PEOPLE: Final = f"SELECT uniqCombined64(participant) FROM tutti.ballots {_CURRENT}"

# People are in the order of their hashes: the first of them are a sample, the same every time.
_ELIGIBLE: Final = f"""
    SELECT count(), sum(ballots), groupArraySorted({SAMPLE_PEOPLE})(hash) FROM (
        SELECT sipHash64(participant) AS hash, count() AS ballots FROM tutti.ballots FINAL
        {_CURRENT} AND proposal_id IN ({_TOP_PROPOSALS})
        GROUP BY participant HAVING ballots >= {MIN_BALLOTS}
    )"""

_COUNTRIES: Final = f"""
    SELECT country FROM tutti.ballots
    {_ALL} AND country != 'ZZ' AND choice != 'withdrawn' AND trust != 'troll'
    GROUP BY country HAVING uniq(participant) >= {MIN_COUNTRY_PEOPLE} ORDER BY country"""

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


def countries(clickhouse: Client, consultation: str) -> list[str]:
    """Those with enough voters for groups of their own; none where there is only one country."""
    found = clickhouse.query(_COUNTRIES, parameters={"consultation": consultation}).result_rows
    return [row[0] for row in found] if len(found) > 1 else []


@dataclass(frozen=True, slots=True, eq=False)
class OpinionsRead:
    """What is grouped.

    Attributes:
        opinions: Current ballots of the trusted series; withdrawn ones are left out.
        participants: People with at least one ballot, about where they were not all read.
        eligible: People with enough ballots, if not all were read; None: see `opinions`.
    """

    opinions: Opinions
    participants: int
    eligible: int | None


def read_opinions(clickhouse: Client, consultation: str, country: str = "") -> OpinionsRead:
    """All ballots or, of too many, those of people drawn by their pseudonyms' hash."""
    known: dict[str, Any] = {"consultation": consultation, "country": country}
    [[rows, proposals]] = clickhouse.query(_EXTENT, parameters=known).result_rows
    if rows <= MAX_BALLOTS and proposals <= MAX_PROPOSALS:
        opinions = _read(clickhouse, _WHOLE, known)
        return OpinionsRead(opinions, len(opinions.participants), None)
    known |= {"proposals": SAMPLE_PROPOSALS, "bound": 0}
    [[participants]] = clickhouse.query(_PEOPLE, parameters=known).result_rows
    [[eligible, ballots, hashes]] = clickhouse.query(_ELIGIBLE, parameters=known).result_rows
    drawn = sample_size(eligible, ballots)
    if drawn:
        known["bound"] = hashes[drawn - 1]
    return OpinionsRead(_read(clickhouse, _DRAWN, known), participants, eligible)


def _read(clickhouse: Client, query: str, known: dict[str, Any]) -> Opinions:
    found = clickhouse.query_arrow(query, parameters=known)
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
