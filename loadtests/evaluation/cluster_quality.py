"""Clusters without the job: how good, how steady, how fast and how large they are.

One consultation per data set, in random order, without its labels; these only judge the result.
"""

import csv
import json
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from loadtests.partitions import Agreement, agree
from models.encoder import Encoder
from operators.core.clusters.clusters import Clusters
from operators.core.clusters.item import Item
from operators.core.clusters.outputs import Cluster
from operators.core.clusters.thresholds import Thresholds
from operators.core.errors import TerminalError

FILES: Final = {"banking77": "banking77_test.csv", "clinc150": "clinc150_full.json"}
SHOWN: Final = 10
"""Largest topics that a report names."""


class Texts(msgspec.Struct, frozen=True):
    """Proposals with the topics that people gave them."""

    name: str
    texts: list[str]
    topics: list[str]


class Result(msgspec.Struct, frozen=True):
    """What came of one consultation.

    Attributes:
        name: Data set.
        proposals: How many.
        arrival: Cluster at arrival against the topics given.
        final: Cluster in the end against them.
        ids: Ids ever given out.
        micro_clusters: In the end.
        changed: Share of the members whose id changed, by step.
        insert_us: CPU per proposal between steps, median of the last thousand, µs.
        step_s: Longest CPU of one proposal with the step that it set off, s.
        cpu_s: All of it, encoding aside.
        snapshot_mb: Length of the state.
        state_mb: Of it in memory, Python's objects aside.
        peak_mb: Most resident memory of this process so far.
        macro: The consultation's threshold.
        topics: Size, label and terms of the largest.
    """

    name: str
    proposals: int
    arrival: Agreement
    final: Agreement
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


def read(folder: Path, name: str) -> Texts:
    """The test part of a data set in `folder`, rows in the order of permutation 0.

    Raises:
        TerminalError: It is not there.
    """
    path = folder / FILES[name]
    if not path.is_file():
        raise TerminalError(f"{path} is missing: give the folder of the data sets with --data.")
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            pairs = [(row["text"], row["category"]) for row in csv.DictReader(file)]
        else:
            pairs = [(text, topic) for text, topic in json.load(file)["test"]]
    order = np.random.default_rng(0).permutation(len(pairs)).tolist()
    return Texts(name, [pairs[at][0] for at in order], [pairs[at][1] for at in order])


def encoded(data: Texts, encoder: Encoder) -> Result:
    """Encode and cluster."""
    return run(data, encoder.encode(data.texts))


def synthetic(number: int, dimension: int = 384) -> tuple[Texts, NDArray[np.float32]]:
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
    return Texts("synthetic", texts, [str(t) for t in topics]), vectors.astype(np.float32)


def run(
    data: Texts,
    vectors: NDArray[np.float32],
    clock: Callable[[], float] = time.process_time,
) -> Result:
    """Feed one consultation, proposal by proposal."""
    clusters = Clusters("measured", "measured", vectors.shape[1], Thresholds())
    now: dict[str, str] = {}
    arrival: list[str] = []
    ids: set[str] = set()
    said: dict[str, Cluster] = {}
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
        said |= {c.cluster_id: c for c in outputs.clusters}
        ids |= {e.cluster_id for e in outputs.events if e.kind in {"opened", "split"}}
        if clusters.since_step == 0:
            changed.append(round(moved / len(now), 4))
    largest = sorted(said.values(), key=lambda c: (-c.size, c.cluster_id))[:SHOWN]
    final = [now[str(at)] for at in range(len(data.texts))]
    size = clusters.size
    return Result(
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


def lines(results: Sequence[Result]) -> list[str]:
    """A table of Markdown, and what else there is to say."""
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
