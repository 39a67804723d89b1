"""Runs of opinion groups: one row each, read again when the service starts."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

import numpy as np
from clickhouse_connect.driver.client import Client

from infra.clickhouse.tables import insert_rows
from operators.core.groups.matrix import Opinions
from operators.core.groups.partition import METHOD
from operators.core.groups.run import GroupMembers, Groups
from operators.core.groups.significance import Threshold, dimensions

Status = Literal["grouped", "too_few"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """Whose ballots are grouped.

    Attributes:
        consultation_id: The consultation.
        country: Only ballots of this country; empty: of all.
    """

    consultation_id: str
    country: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """What a row says besides the groups.

    Attributes:
        scope: Whose ballots.
        run: Its number.
        as_of: Broker time of the newest vote.
        computed_ms: When the run ended, ms since 1970.
        seconds: How long it took.
        participants: People with at least one ballot, those included who were not drawn.
        eligible: People with enough ballots to be grouped, those included who were not drawn.
        threshold: What noise reaches, if known.
    """

    scope: Scope
    run: int
    as_of: datetime
    computed_ms: int
    seconds: float
    participants: int
    eligible: int
    threshold: Threshold | None


@dataclass(frozen=True, slots=True)
class Former:
    """What is remembered of a consultation's newest run."""

    run: int
    members: GroupMembers
    threshold: Threshold | None


def write_groups(clickhouse: Client, head: Head, opinions: Opinions, groups: Groups) -> None:
    """Write a run: members first, because the row of the run is what shows."""
    _insert(
        clickhouse,
        "group_members",
        {
            "consultation_id": head.scope.consultation_id,
            "country": head.scope.country,
            "run": head.run,
            "participants": _numbers(groups.members),
            "group_ids": groups.members.ids.tolist(),
        },
    )
    _insert(
        clickhouse,
        "group_runs",
        _head(head)
        | {
            "status": "grouped" if groups.k else "too_few",
            "ballots": len(opinions.votes),
            "grouped": len(groups.members.people),
            "proposals": len(opinions.proposals),
            "k": groups.k,
            "silhouette": groups.silhouette,
            "shares": groups.shares.tolist(),
            "dimensions": dimensions(groups.shares, head.threshold),
            "gap": groups.gap,
            "group_ids": groups.ids,
            "sizes": groups.sizes.tolist(),
            "cell_proposals": list(opinions.proposals) * groups.k,
            "cell_groups": np.repeat(groups.ids, len(opinions.proposals)).astype(int).tolist(),
            "cell_agree": groups.votes.agree.ravel().tolist(),
            "cell_disagree": groups.votes.disagree.ravel().tolist(),
            "cell_neutral": groups.votes.neutral.ravel().tolist(),
        },
    )


def read_former(clickhouse: Client) -> dict[Scope, Former]:
    """The newest run of each scope."""
    members = {
        Scope(row[0], row[1]): GroupMembers(_people(row[2]), np.array(row[3], np.intp))
        for row in clickhouse.query(
            "SELECT consultation_id, country,"
            " arrayMap(p -> reinterpretAsFixedString(p), participants), group_ids"
            " FROM tutti.group_members FINAL",
            query_formats={"FixedString": "bytes"},
        ).result_rows
    }
    rows = clickhouse.query(
        "SELECT consultation_id, country, run, noise_mean, noise_deviation, noise_ballots,"
        " toUnixTimestamp64Milli(noise_at) FROM tutti.group_runs FINAL"
    ).result_rows
    return {
        Scope(consultation, country): Former(
            run,
            members.get(
                Scope(consultation, country), GroupMembers(_people([]), np.array([], np.intp))
            ),
            None if mean is None else Threshold(mean, deviation, ballots, at_ms),
        )
        for consultation, country, run, mean, deviation, ballots, at_ms in rows
    }


def _head(head: Head) -> dict[str, Any]:
    known = head.threshold
    return {
        "consultation_id": head.scope.consultation_id,
        "country": head.scope.country,
        "run": head.run,
        "as_of": head.as_of,
        "computed_at": _instant(head.computed_ms),
        "seconds": head.seconds,
        "participants": head.participants,
        "eligible": head.eligible,
        "noise_mean": known.mean if known else None,
        "noise_deviation": known.deviation if known else 0.0,
        "noise_ballots": known.ballots if known else 0,
        "noise_at": _instant(known.at_ms) if known else _EPOCH,
        "method": METHOD,
    }


def _insert(clickhouse: Client, table: str, row: dict[str, Any]) -> None:
    insert_rows(clickhouse, table, list(row), [list(row.values())])


def _instant(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _numbers(members: GroupMembers) -> list[int]:
    """Pseudonyms as ClickHouse's UInt128."""
    halves = members.people.view("<u8").reshape(-1, 2).tolist()
    return [high << 64 | low for low, high in halves]


def _people(pseudonyms: list[bytes]) -> Any:
    return np.frombuffer(b"".join(pseudonyms), "S16")
