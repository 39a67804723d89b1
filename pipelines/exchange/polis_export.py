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
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from operators.core.clock import Clock
from operators.core.errors import UnknownConsultationError
from pipelines.exchange import spreadsheets
from pipelines.exchange.files import Written, new_folder, write_manifest, write_query, written
from pipelines.exchange.spreadsheets import Csv
from schemas.reserved import PROBE_CONSULTATION
from schemas.times import format_instant

MATRIX_CELLS: Final = 50_000_000
"""Above it, participants-votes.csv (participants x proposals) is left out."""

_BALLOTS: Final = f"""
    SELECT proposal_id, participant, choice, cast_at FROM tutti.ballots FINAL
    WHERE consultation_id = {{consultation:String}} AND consultation_id != '{PROBE_CONSULTATION}'
        AND choice != 'withdrawn' AND trust != 'troll'"""
# Authors and voters are numbered together: whoever is both keeps one number.
_PEOPLE: Final = f"""
    SELECT person, row_number() OVER (ORDER BY person) - 1 AS number FROM (
        SELECT participant AS person FROM ({_BALLOTS})
        UNION DISTINCT
        SELECT reinterpretAsUInt128(reverse(unhex(author))) FROM tutti.proposals FINAL
        WHERE consultation_id = {{consultation:String}} AND author != '')"""
_DATETIME: Final = "formatDateTime({at}, '%a %b %d %H:%i:%S UTC %Y', 'UTC')"

VOTES: Final = f"""
SELECT
    toUnixTimestamp64Milli(ballots.cast_at) AS timestamp,
    {_DATETIME.format(at="ballots.cast_at")} AS datetime,
    $proposal AS `comment-id`,
    people.number AS `voter-id`,
    multiIf(ballots.choice = 'agree', 1, ballots.choice = 'disagree', -1, 0) AS vote
FROM ({_BALLOTS}) AS ballots JOIN ({_PEOPLE}) AS people ON people.person = ballots.participant
ORDER BY ballots.proposal_id, people.number"""

COMMENTS: Final = f"""
SELECT
    proposals.submitted_ms AS timestamp,
    {_DATETIME.format(at="fromUnixTimestamp64Milli(proposals.submitted_ms, 'UTC')")} AS datetime,
    $proposal AS `comment-id`,
    if(proposals.author = '', '', toString(people.number)) AS `author-id`,
    votes.agrees AS agrees,
    votes.disagrees AS disagrees,
    multiIf(proposals.status = 'accepted', 1, proposals.status IN ('refused', 'archived'), -1, 0)
        AS moderated,
    proposals.meta AS `is-meta`,
    $text AS `comment-body`
FROM (
    SELECT * FROM tutti.proposals FINAL WHERE consultation_id = {{consultation:String}}
) AS proposals
LEFT JOIN (
    SELECT
        proposal_id,
        countIf(choice = 'agree') AS agrees,
        countIf(choice = 'disagree') AS disagrees
    FROM ({_BALLOTS}) GROUP BY proposal_id
) AS votes USING (proposal_id)
LEFT JOIN ({_PEOPLE}) AS people
    ON people.person = reinterpretAsUInt128(reverse(unhex(proposals.author)))
ORDER BY proposals.submitted_ms DESC, proposals.proposal_id"""

GROUPS: Final = f"""
SELECT people.number, members.number
FROM (
    SELECT participant, number FROM tutti.group_members FINAL
    ARRAY JOIN participants AS participant, group_ids AS number
    WHERE consultation_id = {{consultation:String}}
) AS members JOIN ({_PEOPLE}) AS people ON people.person = members.participant"""


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
    with new_folder(folder) as draft:
        files = [
            write_query(clickhouse, sql, "CSVWithNames", draft / name, named)
            for name, sql in _queries(raw=raw).items()
        ]
        proposals = [row["comment-id"] for row in _rows(draft / "comments.csv")]
        people = _votes_by_person(draft / "votes.csv")
        if not proposals and not people:
            raise UnknownConsultationError(consultation)
        if len(people) * len(proposals) <= MATRIX_CELLS:
            matrix = draft / "participants-votes.csv"
            _write_matrix(matrix, proposals, people, _groups(clickhouse, named))
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


def _queries(*, raw: bool) -> dict[str, str]:
    def text(expression: str) -> str:
        return expression if raw else spreadsheets.defused(expression)

    return {
        "votes.csv": VOTES.replace("$proposal", text("ballots.proposal_id")),
        "comments.csv": COMMENTS.replace("$proposal", text("proposals.proposal_id")).replace(
            "$text", text("proposals.text")
        ),
    }


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def _votes_by_person(file: Path) -> dict[int, dict[str, str]]:
    """Number of a participant -> proposal -> vote."""
    people: dict[int, dict[str, str]] = {}
    for row in _rows(file):
        people.setdefault(int(row["voter-id"]), {})[row["comment-id"]] = row["vote"]
    return people


def _groups(clickhouse: Client, named: dict[str, Any]) -> dict[int, int]:
    """Number of a participant -> opinion group, of those who are grouped."""
    found: Any = clickhouse.query(GROUPS, parameters=named).result_rows
    return dict(found)


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
