"""A consultation in the layout of Polis's exports: ``comments.csv``, ``votes.csv`` and so on.

What `pipelines.exchange.polis_import` reads. The layout knows agree, disagree and pass of one
series: the current ballots with a trust other than troll; countries, qualifications and trust have
no place in it. Participants are numbered anew; who they are is not known here.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.polis_layout import COMMENTS_SQL, VOTES_SQL, groups_by_number
from operators.core.errors import UnknownConsultationError
from pipelines.exchange.files import Written, new_folder, write_query, written

MATRIX_CELLS: Final = 50_000_000
"""Above it, participants-votes.csv (participants x proposals) is left out."""


def export_polis(clickhouse: Client, consultation: str, folder: Path) -> list[Written]:
    """Write a consultation in Polis's layout into a new folder.

    Args:
        clickhouse: The operators' address: single ballots are not for analysts.
        consultation: Which one.
        folder: Where to; must not exist, or be empty.

    Raises:
        UnknownConsultationError: There is no such consultation, or the folder cannot be written.
    """
    named = {"consultation": consultation}
    with new_folder(folder) as draft:
        files = [
            write_query(clickhouse, sql, "CSVWithNames", draft / name, named)
            for name, sql in (("votes.csv", VOTES_SQL), ("comments.csv", COMMENTS_SQL))
        ]
        proposals = [row["comment-id"] for row in _rows(draft / "comments.csv")]
        people = _votes_by_person(draft / "votes.csv")
        if not proposals and not people:
            raise UnknownConsultationError(consultation)
        if len(people) * len(proposals) <= MATRIX_CELLS:
            matrix = draft / "participants-votes.csv"
            _write_matrix(matrix, proposals, people, groups_by_number(clickhouse, consultation))
            files.append(written(matrix))
    return files


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def _votes_by_person(file: Path) -> dict[int, dict[str, str]]:
    """Number of a participant -> proposal -> vote."""
    people: dict[int, dict[str, str]] = {}
    for row in _rows(file):
        people.setdefault(int(row["voter-id"]), {})[row["comment-id"]] = row["vote"]
    return people


def _write_matrix(
    file: Path, proposals: list[str], people: dict[int, dict[str, str]], groups: dict[int, int]
) -> None:
    """One line a participant, one column a proposal; empty where there is no vote."""
    proposals = sorted(proposals)
    authored: dict[str, int] = {}
    for row in _rows(file.with_name("comments.csv")):
        authored[row["author-id"]] = authored.get(row["author-id"], 0) + 1
    with file.open("x", newline="", encoding="utf-8") as out:
        lines = csv.writer(out)
        lines.writerow(
            [
                *("participant", "group-id", "n-comments", "n-votes", "n-agree", "n-disagree"),
                *proposals,
            ]
        )
        for number, votes in sorted(people.items()):
            cast = list(votes.values())
            lines.writerow(
                [
                    *(number, groups.get(number, ""), authored.get(str(number), 0), len(cast)),
                    *(cast.count("1"), cast.count("-1")),
                    *(votes.get(proposal, "") for proposal in proposals),
                ]
            )
