"""Polis exports as events: the published CSV layout and the raw database tables.

The export's own ids become `proposal_id` and `participant_id` unchanged. Proposals that were
moderated out become `refused`; their votes still count. There is no country per voter: without
`countries` it is unknown (``ZZ``); with them it is the one at
``crc32("CONSULTATION/VOTER") mod number of countries``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal
from zlib import crc32

from operators.core.errors import TerminalError
from operators.core.printable import printable
from operators.core.wording import number_of
from pipelines.exchange.polis_files import Row, Table, read_lines, read_table
from pipelines.exchange.polis_sign import SignCounts, compare_signs
from schemas.events import UNKNOWN_COUNTRY, Kind
from schemas.times import format_instant

Sign = Literal["export", "raw"]

STATUS: Final = {"1": "accepted", "0": "pending", "-1": "refused"}
META: Final = {"true": True, "false": False, "t": True, "f": False, "1": True, "0": False}
CHOICES: Final[dict[Sign, dict[str, str]]] = {
    "export": {"1": "agree", "-1": "disagree", "0": "neutral"},
    "raw": {"-1": "agree", "1": "disagree", "0": "neutral"},
}
"""The raw tables have the opposite sign of the export."""

LATEST_MS: Final = 253_402_300_799_999
"""The last millisecond of the year 9999: later times cannot be written."""
_TIME: Final = f"milliseconds since 1970 as a whole number, at most {LATEST_MS} (year 9999)"


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the columns of a layout are."""

    proposal: str
    voter: str
    time: str
    text: str
    status: str
    author: str
    submitted: str
    meta: str
    sign: Sign
    conversation: str | None = None


_EXPORT: Final = _Layout(
    "comment-id", "voter-id", "timestamp", "comment-body", "moderated", "author-id", "timestamp",
    "is-meta", "export",
)  # fmt: skip
_TABLES: Final = _Layout(
    "tid", "pid", "created", "txt", "mod", "pid", "created", "is_meta", "raw", "zid"
)


@dataclass(frozen=True, slots=True)
class FileOrigin:
    """Where an event was read.

    Attributes:
        file: The file.
        line: The first line of its row.
        columns: Field of the event -> the column that it was made from, or the option of the
            command; of the event as a whole, its longest column.
    """

    file: Path
    line: int
    columns: dict[str, str]


@dataclass(frozen=True, slots=True)
class PolisImport:
    """One conversation, in the order of its files.

    Attributes:
        consultation: As an event.
        proposals: As events.
        votes: As events.
        origins: Of each of them, in the same order.
        remarks: What is strange and no reason to refuse, one sentence each.
    """

    consultation: dict[str, Any]
    proposals: list[dict[str, Any]]
    votes: list[dict[str, Any]]
    origins: dict[Kind, list[FileOrigin]]
    remarks: list[str]


def country_rule(consultation: str, countries: Sequence[str]) -> Callable[[str], str]:
    """The country of a voter: always the same one for the same voter."""
    if not countries:
        return lambda _voter: UNKNOWN_COUNTRY
    return lambda voter: countries[crc32(f"{consultation}/{voter}".encode()) % len(countries)]


def read_polis(
    folder: Path,
    consultation: str,
    countries: Sequence[str] = (),
    conversation: str | None = None,
    sign: Sign | None = None,
) -> PolisImport:
    """Read an export's ``comments.csv`` and ``votes.csv``, and the title in its ``summary.csv``.

    Args:
        folder: Where the files are.
        consultation: The `consultation_id` to use.
        countries: See `country_rule`.
        conversation: Which conversation (``zid``) of raw tables; ignored for exports.
        sign: Whether 1 is agree (``export``) or -1 (``raw``); None: as the layout has it.

    Raises:
        TerminalError: A file is missing, mangled or in neither layout, both are empty, the
            conversation is unknown, a comment stands twice with different cells, or the sign of
            the votes is that of the other layout.
    """
    votes, comments = read_table(folder / "votes.csv"), read_table(folder / "comments.csv")
    layout = _layout(votes, comments)
    if layout.conversation:
        votes, comments = _of_conversation(folder, votes, comments, layout, conversation)
    if not (votes.rows or comments.rows):
        raise TerminalError(f"{votes.file} and {comments.file} hold no rows: nothing to import.")
    choices = CHOICES[sign or layout.sign]
    country_of = country_rule(consultation, countries)
    cast = [_vote(consultation, votes, row, layout, choices, country_of) for row in votes.rows]
    proposals = [_proposal(consultation, comments, row, layout) for row in comments.rows]
    _check_ids(comments, proposals, layout)
    title, title_line = _title(folder / "summary.csv", consultation)
    return PolisImport(
        {"consultation_id": consultation, "title": title},
        proposals,
        cast,
        {
            "consultations": [_title_origin(folder, title_line)],
            "proposals": _origins(comments, _proposal_columns(layout)),
            "votes": _origins(votes, _vote_columns(layout)),
        },
        [
            *_remarks(comments, layout, cast, sign or layout.sign),
            *_without_comment(comments, votes, layout),
        ],
    )


def _layout(votes: Table, comments: Table) -> _Layout:
    layout = max(
        (_EXPORT, _TABLES),
        key=lambda known: len({known.proposal, known.voter} & set(votes.columns)),
    )
    if not {layout.proposal, layout.voter} & set(votes.columns):
        raise TerminalError(
            f"{votes.file}, line 1: no layout of Polis that is known here, the columns are"
            f" {printable(', '.join(votes.columns))}."
        )
    ours = (layout.conversation,) if layout.conversation else ()
    votes.require(*ours, layout.proposal, layout.voter, layout.time, "vote")
    comments.require(
        *ours, layout.proposal, layout.author, layout.submitted, layout.status, layout.text
    )
    return layout


def _of_conversation(
    folder: Path, votes: Table, comments: Table, layout: _Layout, conversation: str | None
) -> tuple[Table, Table]:
    column = str(layout.conversation)
    known = {votes.whole(row, column) for row in votes.rows}
    if conversation is None or conversation not in map(str, known):
        raise TerminalError(
            f"{folder} holds several conversations: choose one with --conversation, one of "
            f"{', '.join(map(str, sorted(known)))}."
        )
    return votes.where(column, conversation), comments.where(column, conversation)


def _title(summary: Path, consultation: str) -> tuple[str, int]:
    """What the conversation is about, and the line that says so; 0: nobody says."""
    if summary.exists():
        for line, (name, *cells) in read_lines(summary):
            title = ",".join(cells).strip()
            if name == "topic" and title:
                return title, line
    return consultation, 0


def _title_origin(folder: Path, line: int) -> FileOrigin:
    known = {"consultation_id": "--consultation"}
    title = dict.fromkeys(("title", ""), "topic" if line else "--consultation")
    return FileOrigin(folder / "summary.csv", line, known | title)


def _origins(table: Table, columns: dict[str, str]) -> list[FileOrigin]:
    return [FileOrigin(table.file, row.line, columns) for row in table.rows]


def _time(table: Table, row: Row, column: str) -> str:
    ms = table.whole(row, column, _TIME)
    if not 0 <= ms <= LATEST_MS:
        raise table.fault(row, column, _TIME)
    return format_instant(ms)


def _proposal_columns(layout: _Layout) -> dict[str, str]:
    return {
        "consultation_id": "--consultation",
        "proposal_id": layout.proposal,
        "text": layout.text,
        "author_id": layout.author,
        "submitted_at": layout.submitted,
        "": layout.text,  # the whole message is too long
    }


def _proposal(consultation: str, table: Table, row: Row, layout: _Layout) -> dict[str, Any]:
    author = row.cells[layout.author]
    meta = layout.meta in row.cells and table.chosen(row, layout.meta, META)
    return {
        "consultation_id": consultation,
        "proposal_id": row.cells[layout.proposal],
        "text": row.cells[layout.text],
        **({"author_id": author} if author else {}),
        "status": table.chosen(row, layout.status, STATUS),
        **({"meta": True} if meta else {}),
        "submitted_at": _time(table, row, layout.submitted),
    }


def _check_ids(comments: Table, proposals: list[dict[str, Any]], layout: _Layout) -> None:
    """Of two texts under one id only the later one would be shown, with the votes of both.

    Raises:
        MangledFileError: A comment stands twice with different cells.
    """
    known = dict[str, tuple[int, dict[str, Any]]]()
    for row, proposal in zip(comments.rows, proposals, strict=True):
        line, former = known.setdefault(proposal["proposal_id"], (row.line, proposal))
        if former != proposal:
            raise comments.fault(
                row, layout.proposal, f"another id than that of line {line}, whose cells differ"
            )


def _vote_columns(layout: _Layout) -> dict[str, str]:
    return {
        "consultation_id": "--consultation",
        "proposal_id": layout.proposal,
        "participant_id": layout.voter,
        "country": "--countries",
        "cast_at": layout.time,
        "": layout.voter,
    }


def _vote(
    consultation: str,
    table: Table,
    row: Row,
    layout: _Layout,
    choices: dict[str, str],
    country_of: Callable[[str], str],
) -> dict[str, Any]:
    return {
        "consultation_id": consultation,
        "proposal_id": row.cells[layout.proposal],
        "participant_id": row.cells[layout.voter],
        "country": country_of(row.cells[layout.voter]),
        "choice": table.chosen(row, "vote", choices),
        "cast_at": _time(table, row, layout.time),
        "source": "polis",
    }


def _remarks(
    comments: Table, layout: _Layout, votes: list[dict[str, Any]], sign: Sign
) -> list[str]:
    """Compare what ``comments.csv`` counts with the votes."""
    if not {"agrees", "disagrees"} <= set(comments.columns):
        return []
    counted = {
        row.cells[layout.proposal]: SignCounts(
            comments.whole(row, "agrees"), comments.whole(row, "disagrees")
        )
        for row in comments.rows
    }
    return compare_signs(comments.file, counted, votes, sign)


def _without_comment(comments: Table, votes: Table, layout: _Layout) -> list[str]:
    """Votes for comments that are not there: they count, and no board shows them."""
    known = {row.cells[layout.proposal] for row in comments.rows}
    lost = [row for row in votes.rows if row.cells[layout.proposal] not in known]
    if not lost:
        return []
    names = {row.cells[layout.proposal] for row in lost}
    sentence = (
        f"{votes.file}, line {lost[0].line}, column {layout.proposal}: {comments.file.name} lacks"
        f" {number_of(len(names), 'comment')} with {number_of(len(lost), 'vote')}, which count but"
        " stand on no board until the comments are sent, too."
    )
    return [sentence]
