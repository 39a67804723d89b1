"""What a board says of senders' mistakes: `marts.warnings` in a line for each kind."""

from typing import TYPE_CHECKING, Final

from operators.core.wording import number_of
from schemas.countries import INSTEAD

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

NAMED: Final = 3
"""Subjects that a line names; the view has all."""

_SQL: Final = """
    SELECT warning, count(), sum(ballots), groupArray({named:UInt8})(subject)
    FROM (
        SELECT * FROM marts.warnings WHERE consultation_id = {consultation:String}
        ORDER BY ballots DESC, subject
    )
    GROUP BY warning ORDER BY warning"""


def read_warnings(clickhouse: "Client", consultation: str) -> list[str]:
    """One sentence for each kind of mistake; none if there is none.

    Args:
        clickhouse: Operators' or analysts' address.
        consultation: Its id.
    """
    known = {"consultation": consultation, "named": NAMED}
    rows = clickhouse.query(_SQL, parameters=known).result_rows
    return [_sentence(*row) for row in rows]


def _sentence(warning: str, count: int, ballots: int, subjects: list[str]) -> str:
    on = number_of(ballots, "ballot")
    rest = f" and {count - len(subjects):,} more" if count > len(subjects) else ""
    if warning == "unknown_country":
        named = [f"{c} (write {INSTEAD[c]})" if c in INSTEAD else c for c in subjects]
        return f"{on} of countries that ISO 3166-1 does not know: {', '.join(named)}{rest}"
    if warning == "proposal_not_sent":
        which = "a proposal" if count == 1 else number_of(count, "proposal")
        return f"{on} on {which} that nobody sent: {', '.join(subjects)}{rest}"
    return f"nobody announced this consultation; it has {on}"
