"""Publishes ballots into the database `open`, in cohorts (`operators.core.disclosure`).

All of one publication comes from one read of the archive of ballots. Its number is written to
`open_publications` last: killed before that, the rows with its number count nowhere, and the next
publication looks at the same ballots again.

What publishes nothing gets no tick: when it was made would say that somebody voted then.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.open_ledger import (
    Chosen,
    Proposal,
    Release,
    finish_publication,
    published_ballots,
    scanned,
    stage_ballots,
    touched_proposals,
    unused_number,
    waiting_ballots,
    write_releases,
)
from operators.core.disclosure.changes import changing
from operators.core.disclosure.cohorts import TROLL, BallotGroup, Cohort
from operators.core.disclosure.entries import entering
from schemas.sources import Span

PROPOSALS_AT_ONCE: Final = 2000
"""Bounds the memory of a publication when every proposal had votes."""
OVERLAP_S: Final = 60
"""Proposals are looked at again for so long: a slow insert shows its rows late."""


def publish(clickhouse: Client, tick_ms: int, signed: Sequence[Span] | None = None) -> None:
    """Publish what may be published of the proposals that had votes since the last time.

    Args:
        clickhouse: A client that may write.
        tick_ms: The tick, ms since 1970: the only time that the public sees.
        signed: When messages had to be signed, where they must be now: only ballots of these
            times enter or change, so only people for whom a source answers count towards five.
    """
    now, scanned_at, since = scanned(clickhouse, OVERLAP_S)
    touched = touched_proposals(clickhouse, since)
    for start in range(0, len(touched), PROPOSALS_AT_ONCE):
        part = touched[start : start + PROPOSALS_AT_ONCE]
        last = start + len(part) == len(touched)
        number = unused_number(clickhouse)
        stage_ballots(clickhouse, part[0], part[-1], since, number, signed)
        chosen, releases = _choose(clickhouse, number)
        if releases:
            write_releases(clickhouse, chosen, releases)
        shown_ms = _shown_tick(tick_ms, releases)
        finish_publication(clickhouse, number, shown_ms, now if last else scanned_at)


def _shown_tick(tick_ms: int, releases: list[Release]) -> int:
    """When a publication was made, if anything became public by it; otherwise 0."""
    return tick_ms if releases else 0


def _choose(clickhouse: Client, number: int) -> tuple[list[Chosen], list[Release]]:
    """Which groups of ballots enter which cohorts."""
    standing = defaultdict[Proposal, dict[str, int]](dict)
    for consultation, proposal, cell, ballots in published_ballots(clickhouse, number):
        standing[consultation, proposal][cell] = ballots
    groups = defaultdict[Proposal, dict[str, list[BallotGroup]]](
        lambda: {"entry": [], "change": []}
    )
    for row in waiting_ballots(clickhouse, number):
        counts = (row.agree, row.disagree, row.neutral)
        group = BallotGroup(row.cell, row.minute, row.people, counts)
        groups[row.consultation_id, row.proposal_id][row.kind].append(group)
    chosen: list[Chosen] = []
    releases: list[Release] = []
    for key, of_key in groups.items():
        for kind, cohort in _cohorts(of_key, standing.get(key, {})):
            chosen += [
                Chosen(number, *key, kind, group.cell, group.minute, cohort.cell)
                for group in cohort.groups
            ]
            releases.append(_release(number, key, kind, cohort))
    return chosen, releases


def _release(number: int, key: Proposal, kind: str, cohort: Cohort) -> Release:
    agree, disagree, neutral = cohort.counts
    return Release(
        number,
        *key,
        kind=kind,
        cell=cohort.cell,
        window_start=cohort.window_start,
        window_seconds=cohort.window_seconds,
        people=cohort.people,
        agree=agree,
        disagree=disagree,
        neutral=neutral,
    )


def _cohorts(
    groups: dict[str, list[BallotGroup]], standing: dict[str, int]
) -> list[tuple[str, Cohort]]:
    published = sum(ballots for cell, ballots in standing.items() if cell != TROLL)
    return [
        *(("entry", cohort) for cohort in entering(groups["entry"], published)),
        *(("change", cohort) for cohort in changing(groups["change"], standing)),
    ]
