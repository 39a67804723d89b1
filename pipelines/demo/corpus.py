"""The demo's consultation, countries and proposals, as written in `proposals.toml`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("proposals.toml")
_COUNTRY_SPREAD = 0.3


@dataclass(frozen=True, slots=True)
class Idea:
    """What several proposals have in common, and how people take it.

    Attributes:
        key: Its name, for tests; it is never sent.
        agree: Share of agreement among those who take a side.
        neutral: Share of those who take none.
        divides: How much countries differ: standard deviation of the log odds of agreement.
        lean: Which of the two currents of opinion likes it, from -1 to 1.
        axis: The question behind it: ideas that contradict each other share one.
        side: 1, or -1 for the idea that contradicts the one its axis is named after.
        status: The moderators' decision about its proposals.
    """

    key: str
    agree: float
    neutral: float
    divides: float
    lean: float
    axis: str
    side: int
    status: str


@dataclass(frozen=True, slots=True)
class Text:
    """One proposal as a citizen wrote it."""

    idea: Idea
    language: str
    country: str
    text: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """Everything in the file; `countries` maps a code to thousands of inhabitants."""

    consultation: dict[str, Any]
    countries: dict[str, int]
    texts: tuple[Text, ...]


def read_corpus() -> Corpus:
    """Read the file; an idea that opposes another takes over how much it divides and leans."""
    with _FILE.open("rb") as file:
        content = tomllib.load(file)
    raw = {idea["key"]: idea for idea in content["ideas"]}
    texts = tuple(
        Text(idea=idea, language=language, country=country, text=text)
        for key, fields in raw.items()
        for idea in [_idea(fields, raw[fields.get("opposes", key)])]
        for language, country, text in fields["texts"]
    )
    return Corpus(consultation=content["consultation"], countries=content["countries"], texts=texts)


def _idea(fields: dict[str, Any], axis: dict[str, Any]) -> Idea:
    side = 1 if fields is axis else -1
    return Idea(
        key=fields["key"],
        agree=fields["agree"],
        neutral=fields["neutral"],
        divides=axis.get("divides", _COUNTRY_SPREAD),
        lean=side * axis.get("lean", 0.0),
        axis=axis["key"],
        side=side,
        status=fields.get("status", "accepted"),
    )
