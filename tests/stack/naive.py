"""A naive recount: plain dictionaries over what was sent. Shares no code with the product."""

import csv
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from orjson import loads

SIGNS = {"1": "agree", "-1": "disagree", "0": "neutral"}
RAW_SIGNS = {"-1": "agree", "1": "disagree", "0": "neutral"}

Counts = dict[str, dict[str, int]]
"""Proposal → choice → current ballots; choices without a ballot are left out."""


def matrix_counts(folder: Path) -> Counts:
    """What the export's own matrix says: one row per participant, one column per proposal."""
    with (folder / "participants-votes.csv").open(newline="") as file:
        reader = csv.DictReader(file)
        proposals = [name for name in reader.fieldnames or [] if name.isdigit()]
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for row in reader:
            for proposal in proposals:
                if row[proposal]:
                    counts[proposal][SIGNS[row[proposal]]] += 1
    return {proposal: dict(found) for proposal, found in counts.items()}


def raw_counts(folder: Path, conversation: str) -> Counts:
    """The raw table, latest vote wins."""
    latest: dict[tuple[str, str], tuple[int, str]] = {}
    with (folder / "votes.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["zid"] != conversation:
                continue
            key = (row["tid"], row["pid"])
            if key not in latest or int(row["created"]) >= latest[key][0]:
                latest[key] = (int(row["created"]), row["vote"])
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for (proposal, _), (_, vote) in latest.items():
        counts[proposal][RAW_SIGNS[vote]] += 1
    return {proposal: dict(found) for proposal, found in counts.items()}


FITTING = {
    "agree": {"likeIt", "doable", "platitudeAgree"},
    "disagree": {"noWay", "impossible", "platitudeDisagree"},
    "neutral": {"doNotUnderstand", "noOpinion", "doNotCare"},
    "withdrawn": set(),
}
COLUMNS = {
    "likeIt": "like_it",
    "doable": "doable",
    "platitudeAgree": "platitude_agree",
    "noWay": "no_way",
    "impossible": "impossible",
    "platitudeDisagree": "platitude_disagree",
    "doNotUnderstand": "do_not_understand",
    "noOpinion": "no_opinion",
    "doNotCare": "do_not_care",
}


class Ledger:
    """Counts votes that are known to be valid, in any order, with their coordinates."""

    def __init__(self) -> None:
        self.latest: dict[tuple[str, str, str], tuple[tuple[str, int, int], dict[str, Any]]] = {}

    def add(self, payload: bytes, partition: int, offset: int) -> None:
        vote = loads(payload)
        # Instants of one form, YYYY-MM-DDTHH:MM:SS.fffZ, compare like their texts.
        assert len(vote["cast_at"]) == len("2026-01-01T00:00:00.000Z")
        rank = (vote["cast_at"], partition, offset)
        key = (vote["consultation_id"], vote["proposal_id"], vote["participant_id"])
        if key not in self.latest or rank > self.latest[key][0]:
            self.latest[key] = (rank, vote)

    def cells(self, *, by_minute: bool = False) -> dict[tuple[str, ...], dict[str, int]]:
        """(consultation, proposal, country, trust[, minute]) → column → count."""
        found: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        for (consultation, proposal, _), (_, vote) in self.latest.items():
            if vote["choice"] == "withdrawn":
                continue
            cell = (
                consultation,
                proposal,
                vote.get("country", "ZZ"),
                vote.get("trust", "trusted"),
                *([vote["cast_at"][:16]] if by_minute else []),
            )
            found[cell][vote["choice"]] += 1
            for name in set(vote.get("qualifications", [])):
                assert name in FITTING[vote["choice"]]
                found[cell][COLUMNS[name]] += 1
        return {cell: dict(counts) for cell, counts in found.items()}
