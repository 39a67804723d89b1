"""Themes of public consultations, measured: how many, how small, and how steady from step to step.

Every comment is a proposal, those that moderators refused as well, in the order of its time. Nobody
has said which themes are right, so the lists are to be read.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import msgspec
import numpy as np
from numpy.typing import NDArray

from operators.core.clusters.clusters import Clusters
from operators.core.clusters.item import Item
from operators.core.clusters.outputs import Cluster
from operators.core.clusters.thresholds import Thresholds
from pipelines.exchange.polis_import import read_polis


class ThemeQuality(msgspec.Struct, frozen=True):
    """The themes of one consultation, measured.

    Attributes:
        name: Of the consultation.
        proposals: How many.
        clusters: How many in the end.
        alone: Those of a single proposal.
        changed: Share of the proposals with a theme whose theme changed, by step.
        themes: Size, clusters and words of each, the largest first.
    """

    name: str
    proposals: int
    clusters: int
    alone: int
    changed: list[float]
    themes: list[tuple[int, int, tuple[str, ...]]]


def comments(folder: Path) -> list[str]:
    """The comments of a Polis export, in the order of their time."""
    proposals = read_polis(folder, "polis").proposals
    return [each["text"] for each in sorted(proposals, key=lambda each: each["submitted_at"])]


def measure(
    name: str, texts: Sequence[str], vectors: NDArray[np.float32], defaults: Thresholds
) -> ThemeQuality:
    """Feed one consultation, proposal by proposal.

    Args:
        name: Its name.
        texts: Of the proposals.
        vectors: Theirs (proposals, dimension).
        defaults: The cosines that the encoder's clusters begin with.
    """
    consultation = Clusters("measured", "measured", vectors.shape[1], defaults)
    where: dict[str, str] = {}
    known: dict[str, Cluster] = {}
    before: dict[str, str] = {}
    changed = []
    for at, (text, vector) in enumerate(zip(texts, vectors, strict=True)):
        item = Item("measured", str(at), text, "en", "accepted", at)
        outputs = consultation.on_item(item, vector)
        where |= {each.proposal_id: each.cluster_id for each in outputs.assignments}
        known |= {each.cluster_id: each for each in outputs.clusters}
        now = {proposal: known[cluster].theme_id for proposal, cluster in where.items()}
        if consultation.since_step == 0 and before.get("0"):
            moved = sum(now[proposal] != theme for proposal, theme in before.items())
            changed.append(round(moved / len(before), 4))
        before = now
    there = [cluster for cluster in known.values() if cluster.size]
    sizes, parts = Counter(before.values()), Counter(cluster.theme_id for cluster in there)
    terms = {cluster.theme_id: cluster.theme_terms for cluster in there}
    return ThemeQuality(
        name,
        len(texts),
        len(there),
        sum(cluster.size == 1 for cluster in there),
        changed,
        [(size, parts[theme], terms[theme]) for theme, size in sizes.most_common()],
    )


def lines(results: Sequence[ThemeQuality]) -> list[str]:
    """A Markdown table, then the words of each theme."""
    head = (
        "conversation", "proposals", "clusters", "alone", "themes", "smallest", "largest",
        "change theme per step, mean", "last five steps",
    )  # fmt: skip
    found = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for r in results:
        sizes = [size for size, _, _ in r.themes]
        found.append(
            f"| {r.name} | {r.proposals:,} | {r.clusters:,} | {r.alone:,} | {len(sizes)} "
            f"| {min(sizes)} | {max(sizes)} | {_mean(r.changed)} | {_mean(r.changed[-5:])} |"
        )
    for r in results:
        found.append(f"{r.name}, by step: " + " ".join(f"{share:.0%}" for share in r.changed))
        found += [f"    {size:4} in {n:3}  {', '.join(terms)}" for size, n, terms in r.themes]
    return found


def _mean(shares: Sequence[float]) -> str:
    return f"{fmean(shares):.0%}" if shares else "–"
