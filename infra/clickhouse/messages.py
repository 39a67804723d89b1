"""Reads which messages of the input topics were accepted, rejected or replaced."""

from typing import Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.client import scalar
from schemas.topics import VOTES

_END: Final = "transform(partition, {partitions:Array(UInt16)}, {ends:Array(UInt64)}, toUInt64(0))"

_ACCEPTED: Final = f"""
    SELECT partition, sum(bitmapCardinality(bitmapSubsetInRange(
        members, toUInt32(0), toUInt32(least(1e6, greatest(0, {_END} - million * 1e6)))
    ))) FROM (
        SELECT partition, million, groupBitmapMergeState(offsets) AS members
        FROM tutti.accepted_offsets GROUP BY partition, million
    ) GROUP BY partition"""
_REJECTED: Final = f"""
    SELECT partition, count() FROM tutti.dead_letters FINAL
    WHERE topic = '{VOTES.name}' AND offset < {_END} GROUP BY partition"""


def accepted_votes(clickhouse: Client, ends: dict[int, int]) -> dict[int, int]:
    """Accepted messages of the votes topic per partition, of those before these offsets."""
    return _by_partition(clickhouse, _ACCEPTED, ends)


def rejected_votes(clickhouse: Client, ends: dict[int, int]) -> dict[int, int]:
    """Rejected messages of the votes topic per partition, of those before these offsets."""
    return _by_partition(clickhouse, _REJECTED, ends)


def _by_partition(clickhouse: Client, sql: str, ends: dict[int, int]) -> dict[int, int]:
    parameters = {"partitions": list(ends), "ends": list(ends.values())}
    rows = clickhouse.query(sql, parameters=parameters).result_rows
    return {int(partition): int(count) for partition, count in rows}


def all_accepted_votes(clickhouse: Client) -> int:
    """Accepted messages of the votes topic."""
    accepted = scalar(
        clickhouse,
        "SELECT sum(bitmapCardinality(members)) FROM (SELECT groupBitmapMergeState(offsets) AS"
        " members FROM tutti.accepted_offsets GROUP BY partition, million)",
    )
    return int(accepted)


def rejected_votes_by_reason(clickhouse: Client) -> dict[str, int]:
    """Rejected messages of the votes topic by reason."""
    rows = clickhouse.query(
        "SELECT toString(reason), toInt64(count()) FROM tutti.dead_letters FINAL"
        f" WHERE topic = '{VOTES.name}' GROUP BY reason"
    ).result_rows
    return {str(reason): int(count) for reason, count in rows}


def has_later_proposal(clickhouse: Client, consultation: str, proposal: str, offset: int) -> bool:
    """Whether a message behind this offset about the same proposal was accepted."""
    rows = clickhouse.query(
        "SELECT count() FROM tutti.proposals WHERE consultation_id = {consultation:String}"
        " AND proposal_id = {proposal:String} AND origin_offset > {offset:UInt64}",
        parameters={"consultation": consultation, "proposal": proposal, "offset": offset},
    ).result_rows
    return bool(rows[0][0])


def has_later_consultation(clickhouse: Client, consultation: str, offset: int) -> bool:
    """Whether a message behind this offset about the same consultation was accepted."""
    rows = clickhouse.query(
        "SELECT count() FROM tutti.consultations WHERE consultation_id = {consultation:String}"
        " AND origin_offset > {offset:UInt64}",
        parameters={"consultation": consultation, "offset": offset},
    ).result_rows
    return bool(rows[0][0])
