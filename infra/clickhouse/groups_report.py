"""What the newest opinion groups say, for ``tutti groups`` and for the operator page."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from infra.clickhouse.moments import in_utc

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

MAX_NEWEST: Final = 20
"""Consultations that are read together: each costs four statements."""

_VERDICT: Final = (
    "verdict", "explanation", "dimensions", "groups_significant", "groups_separate", "k",
    "first_share", "noise_share", "gap", "silhouette", "grouped", "eligible", "share_error",
    "participants", "proposals", "ballots", "method", "as_of",
)  # fmt: skip
_TEXT: Final = "LEFT JOIN marts.proposals AS proposals USING (consultation_id, proposal_id)"
_OF: Final = "WHERE consultation_id = {consultation:String}"


@dataclass(frozen=True, slots=True)
class GroupsReport:
    """The newest run of a consultation.

    Attributes:
        consultation_id: The consultation.
        run: Of `marts.opinion_groups`, what is the same for all groups.
        groups: Each with its size; empty: none were found.
        representatives: The proposals that speak for each group, best first.
        consensus: The proposals with most group-informed consensus.
        countries: The verdict in each country that has groups of its own.
    """

    consultation_id: str
    run: dict[str, Any]
    groups: list[dict[str, Any]]
    representatives: list[dict[str, Any]]
    consensus: list[dict[str, Any]]
    countries: list[dict[str, Any]]


def read_groups(clickhouse: "Client", consultation: str, limit: int) -> GroupsReport | None:
    """The newest run of a consultation; None: there is none.

    Args:
        clickhouse: Any client that may read `marts`.
        consultation: Its id.
        limit: Rows of consensus.
    """

    def rows(sql: str) -> list[dict[str, Any]]:
        known = {"consultation": consultation, "limit": limit}
        return list(clickhouse.query(sql, parameters=known).named_results())

    found = rows(
        f"SELECT group, size, {', '.join(_VERDICT)} FROM marts.opinion_groups {_OF} ORDER BY group"
    )
    if not found:
        return None
    return GroupsReport(
        consultation,
        {name: in_utc(found[0][name]) for name in _VERDICT},
        [{name: row[name] for name in ("group", "size")} for row in found if row["k"]],
        rows(
            "SELECT group, rank, proposal_id, text, language, side, count, votes, repness,"
            " repness_test, significant"
            f" FROM marts.group_representatives {_TEXT} {_OF} ORDER BY group, rank"
        ),
        rows(
            "SELECT proposal_id, text, language, gic, gic_low, gic_high, gic_geomean, bridging,"
            f" group_spread FROM marts.group_consensus {_TEXT} {_OF} AND gic IS NOT NULL"
            " AND proposals.status != 'refused'"
            " ORDER BY gic DESC, proposal_id LIMIT {limit:UInt32}"
        ),
        rows(
            "SELECT country, groupArray(size) AS sizes, any(grouped) AS grouped,"
            " any(share_error) AS share_error, any(dimensions) AS dimensions,"
            " any(verdict) AS verdict, any(explanation) AS explanation FROM"
            f" (SELECT * FROM marts.opinion_groups_by_country {_OF} ORDER BY country, group)"
            " GROUP BY country ORDER BY country"
        ),
    )


def read_newest_groups(clickhouse: "Client", limit: int) -> list[GroupsReport]:
    """The newest run of each consultation, those with the newest votes first.

    Args:
        clickhouse: Any client that may read `marts`.
        limit: Rows of consensus, of each.
    """
    named = clickhouse.query(
        "SELECT consultation_id FROM marts.opinion_groups GROUP BY consultation_id"
        f" ORDER BY max(as_of) DESC, consultation_id LIMIT {MAX_NEWEST}"
    )
    found = (read_groups(clickhouse, name, limit) for (name,) in named.result_rows)
    return [report for report in found if report is not None]
