"""What the operator page shows of opinion groups: what each stands for, and what all agree on."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.moments import in_utc

MAX_GROUPED: Final = 20
"""Consultations, those with the newest votes."""
VOICES: Final = 3
"""Proposals that speak for a group, and that all agree on."""

_RUNS: Final = """
SELECT
    consultation_id, any(explanation), any(toBool(groups_significant)),
    any(toInt64(grouped)), any(as_of),
    arraySort(groupArrayIf((assumeNotNull(group), assumeNotNull(size)), group IS NOT NULL))
FROM marts.opinion_groups
GROUP BY consultation_id
ORDER BY any(as_of) DESC, consultation_id
LIMIT {rows:UInt32}
"""
_TEXTS: Final = """
LEFT JOIN (SELECT consultation_id, proposal_id, text, language FROM marts.proposals) AS proposals
    ON proposals.consultation_id = found.consultation_id
    AND proposals.proposal_id = found.proposal_id
"""
_VOICES: Final = f"""
SELECT
    found.consultation_id, found.group, ifNull(proposals.text, ''), ifNull(proposals.language, ''),
    found.side, toInt64(found.count), toInt64(found.votes), toBool(found.significant)
FROM (
    SELECT consultation_id, group, rank, proposal_id, side, count, votes, significant
    FROM marts.group_representatives
    WHERE consultation_id IN {{names:Array(String)}} AND rank <= {{rows:UInt32}}
) AS found
{_TEXTS}
ORDER BY found.consultation_id, found.group, found.rank
"""
_SHARED: Final = f"""
SELECT
    found.consultation_id, ifNull(proposals.text, ''), ifNull(proposals.language, ''), found.gic,
    found.gic_low, found.gic_high
FROM (
    SELECT consultation_id, proposal_id, gic, gic_low, gic_high
    FROM marts.group_consensus
    WHERE consultation_id IN {{names:Array(String)}} AND gic IS NOT NULL
    ORDER BY gic DESC, proposal_id
    LIMIT {{rows:UInt32}} BY consultation_id
) AS found
{_TEXTS}
ORDER BY found.consultation_id, found.gic DESC, found.proposal_id
"""


@dataclass(frozen=True, slots=True)
class Voice:
    """A proposal that speaks for a group: see `marts.group_representatives`.

    Attributes:
        side: ``agree`` or ``disagree``.
        count: Ballots of the group on that side.
        votes: Ballots of the group on the proposal.
        significant: False: the best there is, which may be chance.
    """

    text: str
    language: str
    side: str
    count: int
    votes: int
    significant: bool


@dataclass(frozen=True, slots=True)
class SharedProposal:
    """A proposal that all groups agree on: see `marts.group_consensus`, with bounds of 95 %."""

    text: str
    language: str
    gic: float
    gic_low: float
    gic_high: float


@dataclass(frozen=True, slots=True)
class OpinionGroup:
    """A group with its people and what it stands for."""

    number: int
    size: int
    voices: list[Voice]


@dataclass(frozen=True, slots=True)
class GroupedConsultation:
    """The newest run of a consultation.

    Attributes:
        explanation: The verdict, an English sentence.
        significant: False: what follows may be chance.
        grouped: People in groups.
        as_of: Broker time of the newest vote considered.
        groups: Largest first; empty: none were found.
        shared: What all groups agree on, most agreed first.
    """

    consultation_id: str
    explanation: str
    significant: bool
    grouped: int
    as_of: datetime
    groups: list[OpinionGroup]
    shared: list[SharedProposal]


def read_groups(clickhouse: Client) -> list[GroupedConsultation]:
    """The newest run of each consultation, those with the newest votes first."""
    runs = clickhouse.query(_RUNS, parameters={"rows": MAX_GROUPED}).result_rows
    named: dict[str, Any] = {"names": [run[0] for run in runs], "rows": VOICES}
    voices: dict[tuple[str, int], list[Voice]] = defaultdict(list)
    for consultation, group, *voice in clickhouse.query(_VOICES, parameters=named).result_rows:
        voices[consultation, group].append(Voice(*voice))
    shared: dict[str, list[SharedProposal]] = defaultdict(list)
    for consultation, *proposal in clickhouse.query(_SHARED, parameters=named).result_rows:
        shared[consultation].append(SharedProposal(*proposal))
    return [
        GroupedConsultation(
            *(name, explanation, bool(significant), grouped, in_utc(as_of)),
            groups=sorted(
                (OpinionGroup(number, size, voices[name, number]) for number, size in sizes),
                key=lambda group: (-group.size, group.number),
            ),
            shared=shared[name],
        )
        for name, explanation, significant, grouped, as_of, sizes in runs
    ]
