"""``tutti list``: which consultations there are; and what to say of one that there is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from operators.core.errors import TerminalError, UnknownConsultationError
from operators.core.wording import number_of
from pipelines.cli.installation import clickhouse
from pipelines.cli.output import AsJson, console, print_json

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from pipelines.cli.screen import Sheet

LIST_SQL: Final = """
WITH announced AS (
    SELECT consultation_id, title, opens_at, closes_at FROM marts.consultations
),
proposals AS (
    SELECT consultation_id, count() AS proposals, countIf(status = 'accepted') AS accepted
    FROM marts.proposals GROUP BY consultation_id
),
ballots AS (
    SELECT consultation_id, sum(votes_all) AS ballots
    FROM marts.agreement_by_country GROUP BY consultation_id
)
SELECT
    consultation_id,
    ifNull(announced.title, '') AS title,
    announced.title IS NOT NULL AS announced,
    announced.opens_at AS opens_at,
    announced.closes_at AS closes_at,
    ifNull(proposals.accepted, 0) AS accepted_proposals,
    ifNull(proposals.proposals, 0) AS all_proposals,
    ifNull(ballots.ballots, 0) AS all_ballots
FROM announced
FULL OUTER JOIN proposals USING (consultation_id)
FULL OUTER JOIN ballots USING (consultation_id)
ORDER BY all_ballots DESC, consultation_id
SETTINGS join_use_nulls = 1
"""
KNOWN_SQL: Final = """
SELECT consultation_id FROM marts.consultations
UNION DISTINCT SELECT consultation_id FROM marts.proposals
UNION DISTINCT SELECT consultation_id FROM marts.agreement_by_country
"""


def consultations(as_json: AsJson = False) -> None:
    """List the consultations with their titles, proposals and ballots."""
    rows = read_consultations(clickhouse())
    if as_json:
        print_json(rows)
    else:
        console.print(draw_consultations(rows))


def read_consultations(views: "Client") -> list[dict[str, Any]]:
    """Every consultation that is announced, has proposals or has ballots; most ballots first."""
    return list(views.query(LIST_SQL).named_results())


def draw_consultations(rows: list[dict[str, Any]]) -> "Sheet":
    """The consultations as a sheet."""
    from pipelines.cli.screen import Column, Sheet

    columns = [
        Column("consultation"),
        Column("title", subject=True),
        Column("proposals", 2, right=True),
        Column("ballots", 1, right=True),
        Column("opens", 4),
        Column("closes", 3),
    ]
    cells = [
        [
            row["consultation_id"],
            row["title"] if row["announced"] else "not announced",
            f"{row['accepted_proposals']:,}",
            f"{row['all_ballots']:,}",
            *(
                f"{row[end]:%Y-%m-%d %H:%M}" if row[end] else ""
                for end in ("opens_at", "closes_at")
            ),
        ]
        for row in rows
    ]
    return Sheet(
        number_of(len(rows), "consultation"), columns, cells, "accepted proposals; times in UTC"
    )


@contextmanager
def about(views: "Client", consultation: str) -> Iterator[None]:
    """Where nothing is found of a consultation, say whether there is such a one at all.

    Raises:
        UnknownConsultationError: There is none, though perhaps one of nearly that name.
    """
    try:
        yield
    except TerminalError as error:
        must_be_known(views, consultation)
        raise error from None


def must_be_known(views: "Client", consultation: str) -> None:
    """Make sure that somebody has announced, proposed or voted in it.

    Raises:
        UnknownConsultationError: Nobody has, though perhaps in one of nearly that name.
    """
    known = [row[0] for row in views.query(KNOWN_SQL).result_rows]
    if consultation in known:
        return
    from difflib import get_close_matches

    alike = get_close_matches(consultation, known, n=1)
    raise UnknownConsultationError(consultation, alike[0] if alike else "")
