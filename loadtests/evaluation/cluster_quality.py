"""Cluster quality without the job: agreement with the labels, changes of ids, speed and size.

One consultation per data set, in random order. The rules see no topics; only the result is compared
with them.
"""

import resource
import time
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from loadtests.evaluation.labelled_texts import LabelledTexts
from loadtests.evaluation.partition_agreement import PartitionAgreement, agree
from models.encoder import Encoder
from operators.core.clusters.clusters import Clusters
from operators.core.clusters.item import Item
from operators.core.clusters.outputs import Cluster
from operators.core.clusters.thresholds import Thresholds

SHOWN: Final = 10
"""The largest clusters, so many of them, are named in the report."""


class ClusterQuality(msgspec.Struct, frozen=True):
    """The clusters of one consultation, measured.

    Attributes:
        name: Data set.
        proposals: How many.
        arrival: The clusters that proposals were put into at first, against the labels.
        final: The clusters in the end, against the labels.
        ids: Cluster ids that were ever given out.
        micro_clusters: How many there are in the end.
        changed: Share of the members whose cluster id changed, by step.
        insert_us: CPU per proposal between steps, median of the last thousand, µs.
        step_s: Longest CPU of one proposal with the step that it set off, s.
        cpu_s: CPU of all inserts and steps, without encoding, s.
        snapshot_mb: Length of the serialised state, MiB.
        state_mb: Memory of the state, without Python's own objects, MiB.
        peak_mb: Most resident memory of this process so far, MiB.
        macro: The consultation's threshold between clusters.
        topics: Size, label and terms of the largest clusters.
    """

    name: str
    proposals: int
    arrival: PartitionAgreement
    final: PartitionAgreement
    ids: int
    micro_clusters: int
    changed: list[float]
    insert_us: float
    step_s: float
    cpu_s: float
    snapshot_mb: float
    state_mb: float
    peak_mb: int
    macro: float
    topics: list[tuple[int, str, tuple[str, ...]]]


def encoded(data: LabelledTexts, encoder: Encoder) -> ClusterQuality:
    """Encode the texts, then measure their clusters."""
    return run(data, encoder.encode(data.texts))


def synthetic(number: int, dimension: int = 384) -> tuple[LabelledTexts, NDArray[np.float32]]:
    """Made-up proposals of 300 topics of uneven size, for speed and size only."""
    random = np.random.default_rng(0)
    topics = random.zipf(1.3, number) % 300
    subjects = random.integers(0, 40, number)
    centres = random.normal(size=(300, dimension))
    near = random.normal(size=(300, 40, dimension))
    noise = random.normal(size=(number, dimension))
    vectors = centres[topics] + near[topics, subjects] + 0.5 * noise
    texts = [
        f"topic{topic} subject{subject} wish{at}"
        for at, (topic, subject) in enumerate(zip(topics, subjects, strict=True))
    ]
    return LabelledTexts("synthetic", texts, [str(t) for t in topics]), vectors.astype(np.float32)


def run(
    data: LabelledTexts,
    vectors: NDArray[np.float32],
    clock: Callable[[], float] = time.process_time,
) -> ClusterQuality:
    """Feed one consultation, proposal by proposal."""
    clusters = Clusters("measured", "measured", vectors.shape[1], Thresholds())
    now: dict[str, str] = {}
    arrival: list[str] = []
    ids: set[str] = set()
    clusters_by_id: dict[str, Cluster] = {}
    costs, changed = [], []
    for at, (text, vector) in enumerate(zip(data.texts, vectors, strict=True)):
        item = Item("measured", str(at), text, "en", "accepted", at)
        start_s = clock()
        outputs = clusters.on_item(item, vector)
        costs.append(clock() - start_s)
        moved = sum(
            now.get(a.proposal_id, a.cluster_id) != a.cluster_id for a in outputs.assignments
        )
        now |= {a.proposal_id: a.cluster_id for a in outputs.assignments}
        arrival += [
            a.cluster_id_at_arrival for a in outputs.assignments if a.proposal_id == str(at)
        ]
        clusters_by_id |= {c.cluster_id: c for c in outputs.clusters}
        ids |= {e.cluster_id for e in outputs.events if e.kind in {"opened", "split"}}
        if clusters.since_step == 0:
            changed.append(round(moved / len(now), 4))
    largest = sorted(clusters_by_id.values(), key=lambda c: (-c.size, c.cluster_id))[:SHOWN]
    final = [now[str(at)] for at in range(len(data.texts))]
    size = clusters.size
    return ClusterQuality(
        name=data.name,
        proposals=len(data.texts),
        arrival=agree(data.topics, arrival),
        final=agree(data.topics, final),
        ids=len(ids),
        micro_clusters=size.micro_clusters,
        changed=changed,
        insert_us=round(float(np.median(costs[-1000:])) * 1e6, 1),
        step_s=round(max(costs), 2),
        cpu_s=round(sum(costs), 2),
        snapshot_mb=round(len(clusters.snapshot()) / 2**20, 1),
        state_mb=round(size.bytes / 2**20, 1),
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        macro=round(clusters.thresholds.macro, 3),
        topics=[(c.size, c.label, c.terms) for c in largest],
    )


def lines(results: Sequence[ClusterQuality]) -> list[str]:
    """A Markdown table of agreement, then lines on ids, speed, size and the largest clusters."""
    found = [
        "| data | id | NMI | adjusted Rand | B-cubed F1 | clusters |",
        "|---|---|---|---|---|---|",
    ]
    for result in results:
        for when, figures in (("at arrival", result.arrival), ("final", result.final)):
            found.append(
                f"| {result.name} ({result.proposals:,}) | {when} | {figures.nmi:.3f} "
                f"| {figures.rand:.3f} | {figures.b_cubed:.3f} | {figures.groups:,} |"
            )
    for r in results:
        found.append(
            f"{r.name}: {r.ids:,} ids for {r.final.groups:,} clusters; changed per step: "
            + " ".join(f"{share:.1%}" for share in r.changed)
        )
        found.append(
            f"{r.name}: {r.micro_clusters:,} micro-clusters, {r.insert_us:,.0f} µs an insert, "
            f"longest step {r.step_s} s, {r.cpu_s} s in all; snapshot {r.snapshot_mb} MiB, "
            f"process {r.peak_mb:,} MiB at most; threshold {r.macro}"
        )
        found += [f"    {size:5} {label} ({', '.join(terms)})" for size, label, terms in r.topics]
    return found
