"""The demo's consultation and its proposals, in the order of their submission."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from pipelines.demo.corpus import Corpus, Text
from schemas.times import format_instant

PENDING = 5  # proposals still waiting for a moderator
_SUBMISSIONS_LAST = timedelta(days=30)
_AUTHORS_PER_COUNTRY = 12


@dataclass(frozen=True, slots=True)
class SubmittedProposal:
    """One proposal.

    Attributes:
        proposal_id: Its name in the events.
        text: What it says, and the idea behind it.
        author: Uniform draw that decides which of its country's authors wrote it.
        status: The moderators' decision.
    """

    proposal_id: str
    text: Text
    author: float
    status: str


def submit(corpus: Corpus, rng: np.random.Generator) -> list[SubmittedProposal]:
    """Return the corpus's proposals as they come in; the last ones still wait."""
    texts = [corpus.texts[i] for i in np.argsort(rng.random(len(corpus.texts)))]
    authors = rng.random(len(texts)).tolist()
    accepted = [number for number, text in enumerate(texts) if text.idea.status == "accepted"]
    waiting = set(accepted[-PENDING:])
    return [
        SubmittedProposal(
            proposal_id=f"p-{number + 1:03d}",
            text=text,
            author=author,
            status="pending" if number in waiting else text.idea.status,
        )
        for number, (text, author) in enumerate(zip(texts, authors, strict=True))
    ]


def consultation_event(corpus: Corpus) -> dict[str, Any]:
    """Return the consultation's event."""
    written = corpus.consultation
    return {
        "consultation_id": written["id"],
        "title": written["title"],
        "countries": [
            {"country": country, "weight": weight} for country, weight in corpus.countries.items()
        ],
        "opens_at": written["opens_at"],
        "window_seconds": written["window_seconds"],
        "rank_min_votes": written["rank_min_votes"],
        "languages": sorted({text.language for text in corpus.texts}),
    }


def proposal_events(corpus: Corpus, proposals: list[SubmittedProposal]) -> list[dict[str, Any]]:
    """Return the proposals' events, submitted evenly over the first days."""
    opens_at = datetime.fromisoformat(corpus.consultation["opens_at"])
    step = _SUBMISSIONS_LAST / len(proposals)
    return [
        {
            "consultation_id": corpus.consultation["id"],
            "proposal_id": proposal.proposal_id,
            "text": proposal.text.text,
            "language": proposal.text.language,
            "country": proposal.text.country,
            "author_id": f"author-{proposal.text.country}-"
            f"{int(proposal.author * _AUTHORS_PER_COUNTRY):02d}",
            "status": proposal.status,
            "submitted_at": format_instant(int((opens_at + number * step).timestamp() * 1000)),
        }
        for number, proposal in enumerate(proposals)
    ]
