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
from operators.core.groups.significance import Threshold

Status = Literal["grouped", "too_few", "too_large"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Head:
    """What a row says besides the groups.

    Attributes:
        consultation_id: The consultation.
        run: Its number.
        as_of: Broker time of the newest vote.
        computed_ms: When the run ended, ms since 1970.
        seconds: How long it took.
        threshold: What noise reaches, if known.
    """

    consultation_id: str
    run: int
    as_of: datetime
    computed_ms: int
    seconds: float
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
            "consultation_id": head.consultation_id,
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
            "participants": len(opinions.participants),
            "grouped": len(groups.members.people),
            "proposals": len(opinions.proposals),
            "k": groups.k,
            "silhouette": groups.silhouette,
            "group_ids": groups.ids,
            "sizes": groups.sizes.tolist(),
            "cell_proposals": list(opinions.proposals) * groups.k,
            "cell_groups": np.repeat(groups.ids, len(opinions.proposals)).astype(int).tolist(),
            "cell_agree": groups.votes.agree.ravel().tolist(),
            "cell_disagree": groups.votes.disagree.ravel().tolist(),
            "cell_neutral": groups.votes.neutral.ravel().tolist(),
        },
    )


def write_too_large(clickhouse: Client, head: Head, rows: int, proposals: int) -> None:
    """Write that a consultation was not grouped; what was known of its groups goes."""
    _insert(
        clickhouse,
        "group_runs",
        _head(head) | {"status": "too_large", "ballots": rows, "proposals": proposals},
    )


def read_former(clickhouse: Client) -> dict[str, Former]:
    """The newest run of each consultation."""
    members = {
        row[0]: GroupMembers(_people(row[1]), np.array(row[2], np.intp))
        for row in clickhouse.query(
            "SELECT consultation_id, arrayMap(p -> reinterpretAsFixedString(p), participants),"
            " group_ids FROM tutti.group_members FINAL",
            query_formats={"FixedString": "bytes"},
        ).result_rows
    }
    rows = clickhouse.query(
        "SELECT consultation_id, run, noise_silhouette, noise_ballots,"
        " toUnixTimestamp64Milli(noise_at) FROM tutti.group_runs FINAL"
    ).result_rows
    return {
        consultation: Former(
            run,
            members.get(consultation, GroupMembers(_people([]), np.array([], np.intp))),
            None if noise is None else Threshold(noise, ballots, at_ms),
        )
        for consultation, run, noise, ballots, at_ms in rows
    }


def _head(head: Head) -> dict[str, Any]:
    known = head.threshold
    return {
        "consultation_id": head.consultation_id,
        "run": head.run,
        "as_of": head.as_of,
        "computed_at": _instant(head.computed_ms),
        "seconds": head.seconds,
        "noise_silhouette": known.silhouette if known else None,
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
