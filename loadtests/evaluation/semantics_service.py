"""The semantics service on the real stack: quality, speed and memory, and what votes pay for it.

Labelled texts are sent as proposals, one consultation per data set. The labels are not sent; only
the clusters in the views are compared with them.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Final

import msgspec

from infra.clickhouse.client import connect
from infra.config.settings import Settings
from infra.local.status import status
from loadtests.bench import Bench
from loadtests.evaluation import labelled_texts
from loadtests.evaluation.partition_agreement import PartitionAgreement, agree
from loadtests.memory import watching_memory
from loadtests.workload import load
from operators.core.errors import TerminalError
from pipelines.exchange.send import Sender
from pipelines.verify.sync import await_clusters, sync

PATIENCE_S: Final = 3_600.0
SERVICE: Final = "semantics"
WORKLOAD: Final = "steady"
LARGE: Final = 30_000
"""Proposals of the large consultation that `MAX_LARGE_S` is about."""
MAX_LARGE_S: Final = 600.0
MIN_VOTES_SHARE: Final = 0.8
"""Votes per second that must be left while proposals are clustered, as a share of those without."""
ROUNDS: Final = 4
"""Batches of votes that are sent, alone and beside clustering; their medians are compared."""
HEAD_START_S: Final = 10.0
"""Wait before the first batch beside clustering, so that clustering is under way."""

Say = Callable[[str], None]


class ClusteredConsultation(msgspec.Struct, frozen=True):
    """One consultation, from the first proposal sent until all are in the views.

    Attributes:
        name: Of the data set.
        proposals: How many.
        seconds: From sending to all visible, s.
        per_s: Proposals per second.
        service_mb: Most resident memory of the service, its Java included, MiB.
        state_bytes: What the job keeps for the consultation, bytes.
        micro_clusters: Of the consultation, at the end.
        ids_ever: Cluster ids that were ever given out.
        final: The clusters at the end against the labels; None: there are no labels.
        arrival: The clusters that proposals were put into at first; None: there are no labels.
    """

    name: str
    proposals: int
    seconds: float
    per_s: float
    service_mb: int
    state_bytes: int
    micro_clusters: int
    ids_ever: int
    final: PartitionAgreement | None
    arrival: PartitionAgreement | None


class VotesBeside(msgspec.Struct, frozen=True):
    """Votes per second of each batch, without clustering and beside it."""

    alone_per_s: list[float]
    beside_per_s: list[float]

    @property
    def share(self) -> float:
        """What clustering leaves of the votes' rate, by medians."""
        return median(self.beside_per_s) / median(self.alone_per_s)


class SemanticsMeasurement(msgspec.Struct, frozen=True):
    """All consultations, and what votes pay for the large one.

    Attributes:
        consultations: One per data set.
        large: The large consultation; None: it was left out.
        votes: Rates of votes alone and beside the large consultation; None: no votes were sent.
    """

    consultations: list[ClusteredConsultation]
    large: ClusteredConsultation | None = None
    votes: VotesBeside | None = None

    @property
    def fast_enough(self) -> bool:
        """Whether the bounds on time and on the votes' share are kept."""
        if self.votes is not None and self.votes.share < MIN_VOTES_SHARE:
            return False
        large = self.large
        return large is None or large.proposals != LARGE or large.seconds <= MAX_LARGE_S


def measure(
    settings: Settings, data: Path, proposals: int, votes: int, say: Say
) -> SemanticsMeasurement:
    """Measure every data set, then a large consultation with votes beside it.

    Args:
        settings: Of a stack that runs and has counted nothing.
        data: Folder of the data sets.
        proposals: Of the large consultation; 0: it is left out.
        votes: Of each batch, alone and beside the large consultation; 0: none.
        say: Is given each result as a line.

    Raises:
        TerminalError: Clustering has stopped, or the data are not there.
    """
    consultations = []
    for name in labelled_texts.FILES:
        labelled = labelled_texts.read(data, name)
        consultations.append(_clustered(settings, name, labelled.texts, labelled.topics))
        say("\n".join(lines(consultations[-1])))
    if not proposals:
        return SemanticsMeasurement(consultations)
    large, beside = _large(settings, labelled_texts.many(data, proposals), votes, say)
    return SemanticsMeasurement(consultations, large, beside)


def _clustered(
    settings: Settings, name: str, texts: Sequence[str], topics: Sequence[str] | None
) -> ClusteredConsultation:
    """Send texts as proposals and wait until their clusters are in the views."""

    def memory() -> dict[str, int]:
        return {found.service: found.memory_mb for found in status(settings)}

    with watching_memory(memory) as peak_mb:
        began = time.monotonic()
        _send(settings, name, texts)
        sync(settings, PATIENCE_S)
        lag = await_clusters(settings, PATIENCE_S)
        seconds = time.monotonic() - began
    if lag:
        raise TerminalError(f"Clustering stopped {lag} proposals short: see tutti status.")
    return _read(settings, name, topics, len(texts), seconds, peak_mb[SERVICE])


def _send(settings: Settings, consultation: str, texts: Sequence[str]) -> None:
    sender = Sender(settings)
    # The labelled texts are in English, and so they are clustered with the encoder for English.
    announced = {"consultation_id": consultation, "title": consultation, "languages": ["en"]}
    sender.send("consultations", json.dumps(announced).encode())
    for number, text in enumerate(texts):
        event = {
            "consultation_id": consultation,
            "proposal_id": f"p{number}",
            "text": " ".join(text.split()),
            "submitted_at": "2026-05-01T12:00:00Z",
        }
        sender.send("proposals", json.dumps(event).encode())
    sender.finish()


def _read(
    settings: Settings,
    name: str,
    topics: Sequence[str] | None,
    proposals: int,
    seconds: float,
    peak_mb: int,
) -> ClusteredConsultation:
    """Read the clusters from the views and compare them with the labels."""
    analyst = connect(settings, analyst=True)
    known = {"c": name}
    members: dict[str, tuple[str, str]] = {
        proposal: (now, arrival)
        for proposal, now, arrival in analyst.query(
            "SELECT proposal_id, cluster_id, cluster_id_at_arrival FROM marts.cluster_members"
            " WHERE consultation_id = {c:String}",
            parameters=known,
        ).result_rows
    }
    if len(members) != proposals:
        raise TerminalError(f"{proposals} proposals were sent, {len(members)} are in clusters.")
    found = [members[f"p{number}"] for number in range(proposals)]
    state = analyst.query(
        "SELECT bytes, micro_clusters FROM marts.cluster_progress"
        " WHERE consultation_id = {c:String}",
        parameters=known,
    ).result_rows[0]
    ids = analyst.query(
        "SELECT uniqExact(cluster_id) FROM marts.cluster_events WHERE consultation_id = {c:String}",
        parameters=known,
    ).result_rows[0][0]
    return ClusteredConsultation(
        name=name,
        proposals=proposals,
        seconds=round(seconds, 1),
        per_s=round(proposals / seconds, 1),
        service_mb=peak_mb,
        state_bytes=state[0],
        micro_clusters=state[1],
        ids_ever=ids,
        final=agree(topics, [now for now, _ in found]) if topics else None,
        arrival=agree(topics, [arrival for _, arrival in found]) if topics else None,
    )


def _large(
    settings: Settings, texts: Sequence[str], votes: int, say: Say
) -> tuple[ClusteredConsultation, VotesBeside | None]:
    """Cluster a large consultation while votes are sent; before it, votes are sent alone."""
    bench = Bench(settings, load(WORKLOAD)) if votes else None
    if bench is not None:
        bench.announce()
        bench.await_clusters()
        bench.idle()
        bench.warm_up(lambda: bench.bulk(votes))
    alone = [bench.bulk(votes).votes_per_s for _ in range(ROUNDS)] if bench else []
    clustered: list[ClusteredConsultation] = []
    worker = threading.Thread(
        target=lambda: clustered.append(_clustered(settings, "large", texts, None))
    )
    worker.start()
    beside: list[float] = []
    if bench is not None:
        time.sleep(HEAD_START_S)
        while len(beside) < ROUNDS:
            rate = bench.bulk(votes).votes_per_s
            if not worker.is_alive():  # clustering ended during this batch: it does not count
                break
            beside.append(rate)
    worker.join()
    if not clustered:
        raise TerminalError("The large consultation was not clustered: its error is above.")
    say("\n".join(lines(clustered[0])))
    if bench is None:
        return clustered[0], None
    if not beside:
        raise TerminalError("Clustering was over before one batch of votes: send fewer votes.")
    rates = VotesBeside(alone, beside)
    say(f"votes: {_spread(alone)}/s alone, {_spread(beside)}/s beside it ({rates.share:.0%})")
    return clustered[0], rates


def lines(measured: ClusteredConsultation) -> Iterator[str]:
    """One consultation's figures as lines of text."""
    yield (
        f"{measured.name}: {measured.proposals:,} proposals in {measured.seconds:,.0f} s"
        f" ({measured.per_s:,.0f}/s), {measured.service_mb:,} MiB,"
        f" state {measured.state_bytes / 1e6:.1f} MB,"
        f" {measured.micro_clusters:,} micro-clusters, {measured.ids_ever:,} ids ever"
    )
    for when, found in (("final", measured.final), ("at arrival", measured.arrival)):
        if found is not None:
            yield (
                f"  {when}: NMI {found.nmi:.3f} · adjusted Rand {found.rand:.3f} · B-cubed F1"
                f" {found.b_cubed:.3f} · {found.groups:,} clusters"
            )


def _spread(rates: Sequence[float]) -> str:
    return f"{median(rates):,.0f} ({min(rates):,.0f}–{max(rates):,.0f})"
