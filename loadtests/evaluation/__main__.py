"""Measure detectors, clusters, opinion groups and encoders: how good they are, what they cost."""

import signal
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from infra.config.folders import MODEL, MODELS
from infra.config.settings import Settings
from loadtests.commands import console, say
from loadtests.commands import run as run_command
from loadtests.evaluation import (
    cluster_quality,
    encoder_cost,
    group_page,
    group_verdicts,
    labelled_texts,
    semantics_service,
    theme_quality,
    votes_state,
)
from loadtests.evaluation import group_times as times_of_groups
from loadtests.evaluation.one_thread import one_thread
from loadtests.evaluation.signals import page
from loadtests.evaluation.signals.measure import measure as measure_signals
from loadtests.evaluation.state_run import StateRun
from loadtests.evaluation.state_run import drawn as drawn_runs
from loadtests.evaluation.state_run import line as line_of_run
from loadtests.own_stack import own_stack
from loadtests.workload import load as load_workload
from models.choice import ENGLISH
from models.load import load as load_encoder
from models.manifest import read as read_manifest
from operators.core.clusters.thresholds import Thresholds
from operators.flink.state import StateKind
from pipelines.cli.screen import table

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)

DataSets = Annotated[Path, typer.Option(help="folder of the labelled texts")]


@app.command()
def clusters(
    data: DataSets = labelled_texts.FOLDER,
    proposals: Annotated[
        int, typer.Option(min=0, help="made-up proposals beside them, for speed and size")
    ] = 30_000,
    model: Annotated[Path, typer.Option(help="manifest or folder of the encoder")] = MODELS
    / ENGLISH,
) -> None:
    """Cluster labelled texts without the job: agreement with the labels, speed and size."""
    encoder = load_encoder(model)
    measured = [
        cluster_quality.encoded(labelled_texts.read(data, name), encoder)
        for name in labelled_texts.FILES
    ]
    if proposals:
        measured.append(cluster_quality.run(*cluster_quality.synthetic(proposals)))
    for line in cluster_quality.lines(measured):
        typer.echo(line)


@app.command()
def themes(
    data: Annotated[
        Path, typer.Option(help="folder of the public consultations")
    ] = labelled_texts.FOLDER.parent / "polis",
    model: Annotated[Path, typer.Option(help="manifest or folder of the encoder")] = MODELS / MODEL,
) -> None:
    """Cluster public consultations without the job: their themes, and how steady these are."""
    encoder = load_encoder(model)
    calibration = read_manifest(model).calibration
    defaults = Thresholds(macro=calibration.t_macro, micro=calibration.t_micro)
    measured = []
    for name in group_verdicts.POLIS:
        texts = theme_quality.comments(data / name)
        measured.append(theme_quality.measure(name, texts, encoder.encode(texts), defaults))
    for line in theme_quality.lines(measured):
        typer.echo(line)


@app.command()
def semantics(
    data: DataSets = labelled_texts.FOLDER,
    proposals: Annotated[
        int, typer.Option(min=0, help="of one large consultation; 0: leave it out")
    ] = semantics_service.LARGE,
    votes: Annotated[
        int, typer.Option(min=0, help="sent at once, alone and beside the large one; 0: none")
    ] = 500_000,
    keep: Annotated[Path | None, typer.Option(help="file for the figures, JSON")] = None,
) -> None:
    """Cluster labelled texts on the real stack: agreement, speed, memory, what votes pay."""
    with own_stack(say) as settings:
        measured = semantics_service.measure(settings, data, proposals, votes, console.print)
    if keep is not None:
        keep.write_bytes(msgspec.json.format(msgspec.json.encode(measured), indent=1))
    if not measured.fast_enough:
        console.print("too slow", style="red")
        raise typer.Exit(1)


@app.command()
def groups(
    data: Annotated[
        Path, typer.Option(help="folder of the public consultations")
    ] = labelled_texts.FOLDER.parent / "polis",
) -> None:
    """Judge the verdicts on opinion groups and write docs/groups.md: how many are right."""
    one_thread()
    page = group_page.render(
        group_verdicts.measure_kinds(group_verdicts.JUDGED, say, beside=True),
        group_verdicts.measure_kinds(group_verdicts.LEARNT, say, beside=False),
        [
            group_verdicts.measure(name, group_verdicts.polis_opinions(data / name), beside=True)
            for name in group_verdicts.POLIS
        ],
    )
    group_page.PAGE.write_text(page, "utf-8")
    console.print(f"wrote {group_page.PAGE}")


@app.command()
def group_times(
    people: Annotated[int, typer.Option(min=1, help="participants")] = 33_000,
    proposals: Annotated[int, typer.Option(min=1, help="proposals")] = 783,
    ballots: Annotated[int, typer.Option(min=1, help="ballots, about")] = 2_000_000,
    seed: Annotated[int, typer.Option(help="of the invented ballots")] = 1,
    runs: Annotated[int, typer.Option(min=1, help="measured runs, one after the other")] = 3,
) -> None:
    """Group the people of one consultation: how long does each phase take?"""
    one_thread()
    say(f"inventing {ballots:,} ballots in a ClickHouse of their own")
    measured = times_of_groups.measure(people, proposals, ballots, seed, runs)
    console.print(
        f"{measured.people:,} people, {measured.proposals:,} proposals,"
        f" {measured.ballots:,} ballots; {measured.k} groups"
    )
    drawn = Table("phase", "s", "CPU s", "CPU s of ClickHouse")
    for number, phases in enumerate(measured.runs, 1):
        drawn.add_section()
        for phase in (*phases, times_of_groups.total(phases)):
            figures = (phase.wall_s, phase.cpu_s, phase.clickhouse_cpu_s)
            drawn.add_row(f"{number}: {phase.name}", *(f"{figure:.2f}" for figure in figures))
    console.print(drawn)
    console.print(f"most memory: {measured.peak_mb:,.0f} MiB, libraries included")


@app.command()
def encoder(
    file: Annotated[
        Path | None, typer.Argument(help="CSV file of texts; none: the demo's in English")
    ] = None,
    count: Annotated[int, typer.Option(min=1, max=1_000_000, help="texts")] = 512,
) -> None:
    """Encode texts on one thread: CPU time per text, and whether vectors are the same bits."""
    loaded = load_encoder(Settings().model)
    texts = encoder_cost.read_texts(file, count)
    costs = encoder_cost.measure(loaded, texts)
    rows = [
        (cost.call, round(cost.cpu_ms, 2), round(cost.texts_per_s), "yes" if cost.same else "NO")
        for cost in costs
    ]
    columns = ("texts a call", "CPU ms a text", "texts per core and s", "same bits")
    console.print(table(f"{loaded.model}, {len(texts)} texts", columns, rows))
    if not all(cost.same for cost in costs):
        raise typer.Exit(1)


@app.command()
def signals(
    seed: Annotated[int, typer.Option(help="of everything that is drawn")] = 1,
) -> None:
    """Attack simulated consultations and write docs/signals.md: what the signals catch."""
    page.PAGE.write_text(measure_signals(seed, say))
    console.print(f"wrote {page.PAGE}")


@app.command()
def state(
    workload: Annotated[str, typer.Argument(help="a file of loadtests/workloads")] = "weeuropeans",
    votes: Annotated[int, typer.Option(min=1, help="of that workload")] = 1_000_000,
    kinds: Annotated[
        str, typer.Option(help="where ballots are kept, run by run, with commas between")
    ] = "memory,disk,memory,disk",
    heap_mb: Annotated[int, typer.Option(min=512, help="heap of runs in memory, MiB")] = 6144,
    keep: Annotated[Path | None, typer.Option(help="file for the figures, JSON")] = None,
) -> None:
    """Count one log in memory and on disk, the votes job alone: CPU, memory, restart."""
    given = msgspec.convert(kinds.split(","), list[StateKind])
    # Whoever ends this early leaves no services behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    runs: list[StateRun] = []
    for run in votes_state.measure(load_workload(workload), votes, given, heap_mb, say):
        runs.append(run)
        say(line_of_run(run))
        if keep is not None:
            keep.write_bytes(msgspec.json.format(msgspec.json.encode(runs), indent=1))
    console.print(drawn_runs(runs))
    if any(run.different for run in runs):
        raise typer.Exit(1)


if __name__ == "__main__":
    run_command(app)
