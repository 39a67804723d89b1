"""A consultation in the layout of Polis's exports: ``comments.csv``, ``votes.csv`` and so on.

What `pipelines.exchange.polis_import` reads. The layout knows agree, disagree and pass of one
series: the current ballots with a trust other than troll; countries, qualifications and trust have
no place in it. Participants are numbered anew; who they are is not known here. Unless `raw` is
asked for, ids and texts that a spreadsheet would run are defused; the manifest says it.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.polis_layout import comments_sql, groups_by_number, votes_sql
from operators.core.clock import Clock
from operators.core.errors import UnknownConsultationError
from pipelines.exchange import spreadsheets
from pipelines.exchange.files import Written, new_folder, write_manifest, write_query, written
from pipelines.exchange.spreadsheets import Csv
from schemas.times import format_instant

MATRIX_CELLS: Final = 50_000_000
"""Above it, participants-votes.csv (participants x proposals) is left out."""


@dataclass(frozen=True, slots=True)
class PolisManifest:
    """What an export holds."""

    consultation_id: str
    layout: str
    made_at: str
    tutti: str
    csv: Csv
    files: list[Written]


def export_polis(
    clickhouse: Client, consultation: str, folder: Path, clock: Clock, *, raw: bool = False
) -> PolisManifest:
    """Write a consultation in Polis's layout and a manifest into a new folder.

    Args:
        clickhouse: The operators' address: single ballots are not for analysts.
        consultation: Which one.
        folder: Where to; must not exist, or be empty.
        clock: For the manifest.
        raw: Leave ids and texts as they are, for programs that read them back.

    Raises:
        UnknownConsultationError: There is no such consultation, or the folder cannot be written.
    """
    named = {"consultation": consultation}
    text = _as_it_is if raw else spreadsheets.defused
    with new_folder(folder) as draft:
        files = [
            write_query(clickhouse, sql, "CSVWithNames", draft / name, named)
            for name, sql in (("votes.csv", votes_sql(text)), ("comments.csv", comments_sql(text)))
        ]
        proposals = [row["comment-id"] for row in _rows(draft / "comments.csv")]
        people = _votes_by_person(draft / "votes.csv")
        if not proposals and not people:
            raise UnknownConsultationError(consultation)
        if len(people) * len(proposals) <= MATRIX_CELLS:
            matrix = draft / "participants-votes.csv"
            _write_matrix(matrix, proposals, people, groups_by_number(clickhouse, consultation))
            files.append(written(matrix))
        manifest = PolisManifest(
            consultation,
            "polis",
            format_instant(clock()),
            version("tutti"),
            Csv.of(raw=raw),
            files,
        )
        write_manifest(draft, manifest)
    return manifest


def _as_it_is(expression: str) -> str:
    return expression


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
