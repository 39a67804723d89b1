"""Suggestions: which proposals are near to those that are new or have moved, and of which stance.

All pairs of a consultation are too many to compare at each question, and words are compared in
Python. So each tick looks at the proposals that an assignment or a vector has arrived for since the
last one, a bounded number, and keeps the nearest of each with the verdict of
`operators.core.clusters.stance`; how near is near, `operators.core.clusters.nearness` says. What
arrives last of a pair makes the pair be looked at.
"""

from typing import Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.suggestions import (
    SOURCES,
    Near,
    Suggestion,
    near_pairs,
    next_version,
    record_scans,
    scanned_version,
    write_suggestions,
)
from operators.core.clusters.nearness import BY_ENCODER, OTHERS, nearness
from operators.core.clusters.stance import METHOD, Stance, stance

TASK: Final = "suggestions"
MAX_SUGGESTIONS: Final = 1_000
"""Records of a source compared per tick; more wait for the next one."""
NEAREST: Final = 20
"""Pairs kept of one proposal: a moderator reads no more."""


def suggest(clickhouse: Client, tick_ms: int, most: int = MAX_SUGGESTIONS) -> None:
    """Look for pairs of what has arrived since the last tick; a tick may be repeated."""
    done = {source: scanned_version(clickhouse, source) for source in SOURCES}
    ends = {source: next_version(clickhouse, source, done[source], most) for source in SOURCES}
    if ends == done:
        return
    near = {name: bounds.near for name, bounds in BY_ENCODER.items()}
    found = near_pairs(clickhouse, done, ends, near=near, other=OTHERS.near, nearest=NEAREST)
    judged = ((pair, _stance(pair)) for pair in found)
    suggested = [
        _suggestion(pair, verdict, tick_ms)
        for pair, verdict in judged
        if nearness(pair.model).suggests(pair.cosine, verdict)
    ]
    write_suggestions(clickhouse, suggested)
    record_scans(clickhouse, ends, tick_ms)


def _stance(pair: Near) -> Stance:
    return stance(pair.text, pair.language, pair.other_text, pair.other_language)


def _suggestion(pair: Near, verdict: Stance, tick_ms: int) -> Suggestion:
    one, other = sorted(((pair.proposal_id, pair.version), (pair.other_id, pair.other_version)))
    return Suggestion(
        pair.epoch,
        pair.consultation_id,
        proposal_id=one[0],
        other_id=other[0],
        proposal_version=one[1],
        other_version=other[1],
        similarity=pair.cosine,
        stance=verdict,
        method=METHOD,
        found_ms=tick_ms,
    )
