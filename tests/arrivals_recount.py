"""Votes of every kind of trouble, and what the arrival ledger must say of them, counted naively.

Nothing here uses the code that it checks: messages are plain dictionaries, and the rules that the
messages break are known because they were broken on purpose.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from schemas.times import format_instant

DELAYS_MS = (0, 900, 299_999, 300_000, 300_001, 3_600_000, 3_720_000, 3_720_001, 86_400_000)
KNOWN = ("p0", "p1", "p2")
"""Proposals that are sent; votes are on one more."""


class MessagePlace(NamedTuple):
    """Where a message stands, and when it came."""

    partition: int
    offset: int
    broker_ms: int


def troubled_votes(name: str, seed: int, count: int, now_ms: int) -> Iterator[dict[str, Any]]:
    """Votes of three sources: re-votes, late ones, rejected ones, on a proposal that is unknown."""
    dice = random.Random(seed)
    for _ in range(count):
        vote = {
            "consultation_id": name, "proposal_id": f"p{dice.randrange(4)}",
            "participant_id": f"person-{dice.randrange(150)}",
            "choice": dice.choice(["agree", "disagree", "withdrawn", "maybe"]),
            "cast_at": format_instant(now_ms - dice.choice(DELAYS_MS)),
            "source": dice.choice(["tv", "app"]), "country": dice.choice(["FR", "DE", "xx"]),
        }  # fmt: skip
        for absent in ("source", "country"):
            if not dice.randrange(4):
                del vote[absent]
        yield vote


def recount(
    sent: Iterable[tuple[dict[str, Any], MessagePlace]],
) -> tuple[list[list[Any]], dict[tuple[str, ...], int]]:
    """The rows that `marts.arrivals` must show, and those of `marts.refusals`.

    A row: minute, source, country, kind; received, accepted, rejected, late, replaced, unknown.
    """
    cells: dict[tuple[Any, ...], list[int]] = {}
    rejections = Counter[tuple[str, ...]]()
    latest: dict[tuple[str, str], Any] = {}
    for vote, place in sent:
        cell = (
            place.broker_ms // 60_000 * 60, vote.get("source", ""),
            vote.get("country", "ZZ").replace("xx", ""), "votes",
        )  # fmt: skip
        counts = cells.setdefault(cell, [0] * 6)
        counts[0] += 1
        if vote["choice"] == "maybe" or vote.get("country") == "xx":
            counts[2] += 1
            reason = "unknown_choice" if vote["choice"] == "maybe" else "bad_country"
            rejections[*map(str, (*cell, reason))] += 1
            continue
        counts[1] += 1
        cast = datetime.fromisoformat(vote["cast_at"])
        counts[3] += place.broker_ms - round(cast.timestamp() * 1000) > 300_000
        counts[4] += 1  # until it proves to be the last
        rank = (cast, place.partition, place.offset)
        key = (vote["participant_id"], vote["proposal_id"])
        latest[key] = max(latest.get(key, (rank, cell)), (rank, cell))
    for (_, proposal), (_, cell) in latest.items():
        cells[cell][4] -= 1
        cells[cell][5] += proposal not in KNOWN
    return [[*cell, *counts] for cell, counts in cells.items()], dict(rejections)
