"""Clusters through the real stack: how good, how fast, how large, and what votes pay for it.

Texts with labels are sent as proposals, one consultation per set, in the order of
``numpy.random.default_rng(0).permutation``; the labels are looked at afterwards only.
"""

import csv
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Final

import msgspec
import numpy as np
import typer
from rich.console import Console

from infra.clickhouse.client import connect
from infra.config.settings import CHECKOUT, Settings
from infra.local.status import status
from loadtests.bench import Bench, own_stack
from loadtests.partitions import Agreement, agree
from loadtests.workload import load
from operators.core.errors import TerminalError
from pipelines.exchange.send import Sender
from pipelines.verify.sync import await_clusters, sync

PATIENCE_S: Final = 3_600.0
SETS: Final = ("banking77", "clinc150")
WORKLOAD: Final = "steady"
VOTES_SHARE: Final = 0.8
"""Votes per second that must be left while proposals are clustered."""
ROUNDS: Final = 4
"""How often votes are sent, alone and beside; their medians are compared."""
LONGEST_S: Final = 600.0
"""For 30,000 proposals of one consultation."""

console = Console()


class Run(msgspec.Struct, frozen=True):
    """One consultation, from the first proposal sent until all are in the views.

    Attributes:
        name: Of the set.
        proposals: How many.
        seconds: From sending to all visible, s.
        per_s: Proposals per second.
        service_mb: Most resident memory of the service, its Java included, MiB.
        state_bytes: What the job keeps for the consultation, bytes.
        micro_clusters: Of the consultation, at the end.
        ids_ever: Ids that were ever given.
        final: The clusters at the end against the labels; None: there are no labels.
        arrival: The clusters that proposals were put into at first.
    """

    name: str
    proposals: int
    seconds: float
    per_s: float
    service_mb: int
    state_bytes: int
    micro_clusters: int
    ids_ever: int
    final: Agreement | None
    arrival: Agreement | None


def texts(name: str, folder: Path) -> list[tuple[str, str]]:
    """Texts with their labels, shuffled always alike.

    Raises:
        TerminalError: The data are not there.
    """
    try:
        if name == "banking77":
            with (folder / "banking77_test.csv").open() as file:
                rows = [(row["text"], row["category"]) for row in csv.DictReader(file)]
        else:
            found = json.loads((folder / "clinc150_full.json").read_text())["test"]
            rows = [(text, label) for text, label in found]
    except FileNotFoundError:
        raise TerminalError(
            f"{folder} does not hold {name}: name the folder with --data."
        ) from None
    return [rows[place] for place in np.random.default_rng(0).permutation(len(rows))]


def many(number: int, folder: Path) -> list[tuple[str, str]]:
    """So many different texts: those of both sets, again and again with another ending."""
    base = [row for name in SETS for row in texts(name, folder)]
    return [
        (text if turn == 0 else f"{text}, in district {turn}", label)
        for turn in range(1 + number // len(base))
        for text, label in base
    ][:number]


def send(settings: Settings, consultation: str, rows: list[tuple[str, str]]) -> None:
    """Send the texts as proposals."""
    sender = Sender(settings)
    for number, (text, _) in enumerate(rows):
        event = {
            "consultation_id": consultation,
            "proposal_id": f"p{number}",
            "text": " ".join(text.split()),
            "submitted_at": "2026-05-01T12:00:00Z",
        }
        sender.send("proposals", json.dumps(event).encode())
    sender.finish()


def measure(settings: Settings, name: str, rows: list[tuple[str, str]], *, labelled: bool) -> Run:
    """Send a set and wait until it is in the views.

    Raises:
        TerminalError: Clustering has stopped.
    """
    peak = [0]
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(1.0):
            [service] = [service for service in status(settings) if service.service == "semantics"]
            peak[0] = max(peak[0], service.memory_mb)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    began = time.monotonic()
    send(settings, name, rows)
    sync(settings, PATIENCE_S)
    behind = await_clusters(settings, PATIENCE_S)
    seconds = time.monotonic() - began
    ended.set()
    watcher.join()
    if behind:
        raise TerminalError(f"Clustering stopped {behind} proposals short: see tutti status.")
    return _result(settings, name, rows, seconds, peak[0], labelled=labelled)


def _result(
    settings: Settings,
    name: str,
    rows: list[tuple[str, str]],
    seconds: float,
    peak_mb: int,
    *,
    labelled: bool,
) -> Run:
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
    if len(members) != len(rows):
        raise TerminalError(f"{len(rows)} proposals were sent, {len(members)} are in clusters.")
    labels = [label for _, label in rows]
    found = [members[f"p{number}"] for number in range(len(rows))]
    state = analyst.query(
        "SELECT bytes, micro_clusters FROM marts.cluster_progress"
        " WHERE consultation_id = {c:String}",
        parameters=known,
    ).result_rows[0]
    ids = analyst.query(
        "SELECT uniqExact(cluster_id) FROM marts.cluster_events WHERE consultation_id = {c:String}",
        parameters=known,
    ).result_rows[0][0]
    return Run(
        name=name,
        proposals=len(rows),
        seconds=round(seconds, 1),
        per_s=round(len(rows) / seconds, 1),
        service_mb=peak_mb,
        state_bytes=state[0],
        micro_clusters=state[1],
        ids_ever=ids,
        final=agree(labels, [now for now, _ in found]) if labelled else None,
        arrival=agree(labels, [arrival for _, arrival in found]) if labelled else None,
    )


def _lines(run: Run) -> Iterator[str]:
    yield (
        f"{run.name}: {run.proposals:,} proposals in {run.seconds:,.0f} s ({run.per_s:,.0f}/s),"
        f" {run.service_mb:,} MiB, state {run.state_bytes / 1e6:.1f} MB,"
        f" {run.micro_clusters:,} micro-clusters, {run.ids_ever:,} ids ever"
    )
    for when, found in (("final", run.final), ("at arrival", run.arrival)):
        if found is not None:
            yield (
                f"  {when}: NMI {found.nmi:.3f} · adjusted Rand {found.rand:.3f} · B-cubed F1"
                f" {found.b_cubed:.3f} · {found.groups:,} clusters"
            )


def meaning(
    data: Annotated[Path, typer.Option(help="folder of the texts")] = CHECKOUT.parent
    / "shared"
    / "data"
    / "text",
    proposals: Annotated[
        int, typer.Option(min=0, help="of one large consultation; 0: leave it out")
    ] = 30_000,
    votes: Annotated[
        int, typer.Option(min=0, help="sent at once, alone and beside the large one; 0: none")
    ] = 500_000,
    keep: Annotated[Path | None, typer.Option(help="file for the figures, JSON")] = None,
) -> None:
    """Clusters through the real stack: quality, speed, memory, and what votes pay for it."""
    found: dict[str, Any] = {"runs": []}
    with own_stack(lambda line: console.print(line, style="dim")) as settings:
        for name in SETS:
            found["runs"].append(measure(settings, name, texts(name, data), labelled=True))
            console.print("\n".join(_lines(found["runs"][-1])))
        if proposals:
            found |= _large(settings, many(proposals, data), votes)
    if keep is not None:
        keep.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1))
    slow = proposals == 30_000 and found["large"].seconds > LONGEST_S  # noqa: PLR2004 - the promise
    if slow or found.get("votes_share", 1.0) < VOTES_SHARE:
        console.print("too slow", style="red")
        raise typer.Exit(1)


def _large(settings: Settings, rows: list[tuple[str, str]], votes: int) -> dict[str, Any]:
    bench = Bench(settings, load(WORKLOAD)) if votes else None
    if bench is not None:
        bench.announce()
        bench.await_clusters()
        bench.idle()
        bench.warm_up(lambda: bench.bulk(votes))
    alone = [bench.bulk(votes).votes_per_s for _ in range(ROUNDS)] if bench else []
    runs: list[Run] = []
    worker = threading.Thread(
        target=lambda: runs.append(measure(settings, "large", rows, labelled=False))
    )
    worker.start()
    beside: list[float] = []
    if bench is not None:
        time.sleep(10)  # until clustering is under way
        while len(beside) < ROUNDS:
            rate = bench.bulk(votes).votes_per_s
            if not worker.is_alive():  # it was not beside all of them
                break
            beside.append(rate)
    worker.join()
    if not runs:
        raise TerminalError("The large consultation was not clustered: its error is above.")
    console.print("\n".join(_lines(runs[0])))
    if bench is not None and not beside:
        raise TerminalError("Clustering was over before one batch of votes: send fewer votes.")
    found: dict[str, Any] = {"large": runs[0]}
    if beside:
        found |= {"votes_alone_per_s": alone, "votes_beside_per_s": beside}
        found["votes_share"] = median(beside) / median(alone)
        console.print(
            f"votes: {_spread(alone)}/s alone, {_spread(beside)}/s beside it"
            f" ({found['votes_share']:.0%})"
        )
    return found


def _spread(rates: list[float]) -> str:
    return f"{median(rates):,.0f} ({min(rates):,.0f}–{max(rates):,.0f})"
