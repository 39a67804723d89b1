"""Polis exports as events: the published CSV layout and the raw database tables.

The export's own ids become `proposal_id` and `participant_id` unchanged. Proposals that were
moderated out become `refused`; their votes still count. There is no country per voter: without
`countries` it is unknown (``ZZ``); with them it is the one at
``crc32("CONSULTATION/VOTER") mod number of countries``.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zlib import crc32

from operators.core.errors import TerminalError
from schemas.events import UNKNOWN_COUNTRY
from schemas.times import format_instant

STATUS: Final = {"1": "accepted", "0": "pending", "-1": "refused"}
EXPORTED: Final = {"1": "agree", "-1": "disagree", "0": "neutral"}
RAW: Final = {"-1": "agree", "1": "disagree", "0": "neutral"}
"""The raw tables have the opposite sign of the export."""


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
    choices: dict[str, str]
    conversation: str | None = None


_EXPORT: Final = _Layout(
    "comment-id", "voter-id", "timestamp", "comment-body", "moderated", "author-id", "timestamp",
    EXPORTED,
)  # fmt: skip
_TABLES: Final = _Layout("tid", "pid", "created", "txt", "mod", "pid", "created", RAW, "zid")


@dataclass(frozen=True, slots=True)
class PolisImport:
    """One conversation, in the order of its files."""

    consultation: dict[str, Any]
    proposals: list[dict[str, Any]]
    votes: list[dict[str, Any]]


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
) -> PolisImport:
    """Read an export's ``comments.csv`` and ``votes.csv``.

    Args:
        folder: Where the files are.
        consultation: The `consultation_id` to use.
        countries: See `country_rule`.
        conversation: Which conversation (``zid``) of raw tables; ignored for exports.

    Raises:
        TerminalError: A file is missing or in neither layout, or the conversation is unknown.
    """
    votes = list(_rows(folder / "votes.csv"))
    comments = list(_rows(folder / "comments.csv"))
    layout = _layout(folder, votes)
    if layout.conversation:
        found = sorted({row[layout.conversation] for row in votes}, key=int)
        if conversation not in found:
            raise TerminalError(
                f"{folder} holds several conversations: choose one with --conversation, one of "
                f"{', '.join(found)}."
            )
        votes = [row for row in votes if row[layout.conversation] == conversation]
        comments = [row for row in comments if row[layout.conversation] == conversation]
    country_of = country_rule(consultation, countries)
    return PolisImport(
        {"consultation_id": consultation, "title": consultation},
        [_proposal(consultation, row, layout) for row in comments],
        [_vote(consultation, row, layout, country_of) for row in votes],
    )


def _rows(file: Path) -> Iterator[dict[str, str]]:
    try:
        with file.open(newline="", encoding="utf-8") as lines:
            yield from csv.DictReader(lines)
    except FileNotFoundError:
        raise TerminalError(f"{file} is missing: name the folder of a Polis export.") from None


def _layout(folder: Path, votes: list[dict[str, str]]) -> _Layout:
    columns = set(votes[0]) if votes else set()
    for layout in (_EXPORT, _TABLES):
        if {layout.proposal, layout.voter, layout.time} <= columns:
            return layout
    raise TerminalError(f"{folder / 'votes.csv'} has no layout of Polis that is known here.")


def _proposal(consultation: str, row: dict[str, str], layout: _Layout) -> dict[str, Any]:
    author = row[layout.author]
    return {
        "consultation_id": consultation,
        "proposal_id": row[layout.proposal],
        "text": row[layout.text],
        **({"author_id": author} if author else {}),
        "status": STATUS[row[layout.status]],
        "submitted_at": format_instant(int(row[layout.submitted])),
    }


def _vote(
    consultation: str, row: dict[str, str], layout: _Layout, country_of: Callable[[str], str]
) -> dict[str, Any]:
    return {
        "consultation_id": consultation,
        "proposal_id": row[layout.proposal],
        "participant_id": row[layout.voter],
        "country": country_of(row[layout.voter]),
        "choice": layout.choices[row["vote"]],
        "cast_at": format_instant(int(row[layout.time])),
        "source": "polis",
    }
