"""Measure a load on a stack of its own, started in a temporary folder and removed afterwards."""

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from infra.clickhouse.client import connect
from infra.clickhouse.open_boards import newest_tick
from loadtests.bench import Bench
from loadtests.capacity import Trial, assess, highest, search
from loadtests.commands import console, say
from loadtests.commands import run as run_command
from loadtests.expected import Comparison
from loadtests.followers import FollowPlan
from loadtests.http_batches import (
    CONSULTATION,
    HttpReport,
    keep,
    measure,
    section,
    show_run,
    source_for_load,
)
from loadtests.http_senders import SenderPlan
from loadtests.live_pages import Pair, audience, save_pairs, service_pid, show_reach
from loadtests.machine import changed, commit, machine, shown, versions
from loadtests.own_stack import own_stack
from loadtests.report import PAGE, Kind, Report, render, reports, save
from loadtests.show import show
from loadtests.workload import Workload, load
from operators.core.clock import system_clock

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)

Name = Annotated[str, typer.Argument(metavar="WORKLOAD", help="a file of loadtests/workloads")]
Runs = Annotated[int, typer.Option(min=1, help="measured runs, one after the other")]
Save = Annotated[bool, typer.Option("--save", help="keep the report in loadtests/results")]


class Session:
    """One command: a workload on a fresh stack, and the report at the end."""

    def __init__(self, kind: Kind, workload: str) -> None:
        self._kind = kind
        self._began = datetime.fromtimestamp(system_clock() / 1000, UTC)
        self.workload = load(workload)

    def report(self, bench: Bench, name: str, trials: list[Trial], bound_ms: float) -> Report:
        """The report: what was measured, on which machine, with which versions and settings."""
        comparison = bench.check()
        command = f"python -m loadtests {shlex.join(sys.argv[1:])}".replace(" --save", "")
        report = Report(
            kind=self._kind,
            workload=self.workload.name,
            about=self.workload.about,
            command=f"{changed(bench.settings)} {command}".strip(),
            date=f"{self._began:%Y-%m-%d %H:%M} UTC",
            commit=commit(),
            machine=machine(),
            versions=versions(bench.settings),
            settings=shown(bench.settings),
            idle_cores=bench.idle_cores,
            cold=bench.cold,
            runs=bench.runs,
            comparison=comparison,
            trials=trials,
            bound_ms=bound_ms,
        )
        _print_check(comparison)
        if name:
            console.print(f"kept in {save(report, name)}", style="dim")
        return report


def _print_check(comparison: Comparison) -> None:
    words = "yes" if comparison.exact else f"NO: {comparison}"
    console.print(
        f"exact: {words} ({comparison.tallies:,} tallies, {comparison.windows:,} windows)"
    )


@contextmanager
def ready_bench(workload: Workload, *, clustered: bool = True) -> Iterator[Bench]:
    """A bench on a fresh stack that knows the workload's proposals and was measured idle.

    Args:
        workload: What will be sent.
        clustered: Wait until the proposals are clustered; otherwise votes go out meanwhile.
    """
    with own_stack(say) as settings:
        bench = Bench(settings, workload)
        bench.announce()
        if clustered:
            bench.await_clusters()
        bench.idle()
        yield bench


@app.command()
def run(
    workload: Name = "steady",
    rate: Annotated[
        float | None, typer.Option(min=1, help="votes per second at factor 1; none: the workload's")
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, help="length of a run")] = 60,
    runs: Runs = 1,
    warm_up: Annotated[float, typer.Option(min=1, help="s before, reported as cold start")] = 30,
    save: Save = False,
) -> None:
    """Send at a rate: how soon is a vote readable?"""
    session = Session("run", workload)
    rate = rate or session.workload.rate
    with ready_bench(session.workload) as bench:
        show(console, "cold start", bench.warm_up(lambda: bench.steady(rate, warm_up)))
        for number in range(1, runs + 1):
            show(console, f"run {number}", bench.steady(rate, seconds))
        name = f"run-{workload}-{rate:g}" if save else ""
        report = session.report(bench, name, [], 0)
    _exit(report)


@app.command()
def bulk(
    workload: Name = "steady",
    votes: Annotated[int, typer.Option(min=1, help="votes per run")] = 500_000,
    runs: Runs = 1,
    warm_up: Annotated[
        int, typer.Option(min=0, help="votes before, reported as cold start")
    ] = 200_000,
    save: Save = False,
) -> None:
    """Send as fast as possible: votes per second of the whole chain, from sent to visible."""
    session = Session("bulk", workload)
    with ready_bench(session.workload) as bench:
        if warm_up:
            show(console, "cold start", bench.warm_up(lambda: bench.bulk(warm_up)))
        for number in range(1, runs + 1):
            show(console, f"run {number}", bench.bulk(votes))
        report = session.report(bench, f"bulk-{workload}" if save else "", [], 0)
    _exit(report)


@app.command()
def replay(
    workload: Name = "weeuropeans",
    votes: Annotated[int, typer.Option(min=0, help="only the first so many; 0: all")] = 0,
    save: Save = False,
) -> None:
    """Send a whole workload as fast as possible to a stack that has just started."""
    session = Session("replay", workload)
    with ready_bench(session.workload, clustered=False) as bench:
        show(console, "replay", bench.bulk(votes or session.workload.votes))
        report = session.report(bench, f"replay-{workload}" if save else "", [], 0)
    _exit(report)


@app.command()
def capacity(
    workload: Name = "steady",
    start: Annotated[float, typer.Option(min=1, help="first rate, votes/s")] = 5_000,
    seconds: Annotated[float, typer.Option(min=5, help="length of a trial")] = 30,
    bound_ms: Annotated[float, typer.Option(min=1, help="p99 that must be kept, ms")] = 3_000,
    precision: Annotated[float, typer.Option(min=0.01, help="of the answer, as a share")] = 0.1,
    warm_up: Annotated[float, typer.Option(min=1, help="s before, not validated")] = 30,
    save: Save = False,
) -> None:
    """Search the highest rate that the chain keeps up with."""
    session = Session("capacity", workload)
    with ready_bench(session.workload) as bench:
        show(console, "cold start", bench.warm_up(lambda: bench.steady(start, warm_up)))

        def trial(rate: float) -> Trial:
            measured = bench.steady(rate, seconds)
            tried = assess(rate, seconds, measured.fresh_ms["p99"], measured.rise_ms, bound_ms)
            show(console, f"{rate:,.0f}/s: {'kept up' if tried.kept_up else 'no'}", measured)
            return tried

        trials = search(trial, start, precision)
        console.print(f"capacity: {highest(trials):,.0f} votes/s")
        # The report shows the costs of the highest rate alone.
        bench.keep_rate(highest(trials))
        report = session.report(bench, f"capacity-{workload}" if save else "", trials, bound_ms)
    _exit(report)


@app.command()
def live(
    workload: Name = "steady",
    followers: Annotated[int, typer.Option(min=1, help="event streams at a time")] = 2_000,
    rate: Annotated[float, typer.Option(min=1, help="votes per second")] = 5_000,
    seconds: Annotated[float, typer.Option(min=90, help="length of a run")] = 240,
    pairs: Annotated[int, typer.Option(min=1, help="runs with and without followers")] = 3,
    save: Save = False,
) -> None:
    """Follow the public pages while votes flow: how soon do publications arrive, at what cost?"""
    session = Session("run", workload)
    consultation = session.workload.consultation_id
    found: list[Pair] = []
    with ready_bench(session.workload) as bench:
        settings = bench.settings
        show(console, "cold start", bench.warm_up(lambda: bench.steady(rate, 90)))
        plan = FollowPlan(
            settings.live_port, f"/api/v1/consultations/{consultation}/events", followers
        )
        analyst = connect(settings, analyst=True)
        for number in range(pairs):
            alone = bench.steady(rate, seconds) if number % 2 == 0 else None
            with audience(plan, service_pid(settings), lambda: newest_tick(analyst)) as reach:
                followed = bench.steady(rate, seconds)
            alone = alone or bench.steady(rate, seconds)
            found.append(Pair(alone, followed, reach[0]))
            show(console, f"pair {number + 1}, without followers", alone)
            show(console, f"pair {number + 1}, with {reach[0].followers:,}", followed)
            show_reach(console, reach[0])
        report = session.report(bench, "", [], 0)
    if save:
        console.print(f"kept in {save_pairs(report, found)}", style="dim")
    _exit(report)


@app.command()
def http(
    votes: Annotated[int, typer.Option(min=1, help="votes per run")] = 200_000,
    batch: Annotated[int, typer.Option(min=1, max=10_000, help="votes in a batch")] = 500,
    connections: Annotated[int, typer.Option(min=1, help="that send at the same time")] = 8,
    runs: Runs = 3,
    warm_up: Annotated[int, typer.Option(min=0, help="votes before, not kept")] = 50_000,
    save: Save = False,
) -> None:
    """Send batches to the HTTP intake: how many votes a second does it acknowledge?"""
    began_ms, found = system_clock(), []
    with own_stack(say) as settings:
        token, first = source_for_load(settings), 0
        for number, count in enumerate([warm_up, *[votes] * runs]):
            if not count:
                continue
            plan = SenderPlan(
                settings.http_intake_port,
                token,
                CONSULTATION,
                first,
                count,
                batch,
                connections,
                began_ms,
            )
            measured = measure(settings, plan)
            first += count
            show_run(console, f"run {number}" if number else "warm-up", measured)
            found += [measured] * bool(number)
        done = HttpReport(
            command=f"python -m loadtests {shlex.join(sys.argv[1:])}".replace(" --save", ""),
            date=f"{datetime.fromtimestamp(began_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC",
            commit=commit(),
            machine=machine(),
            versions=versions(settings),
            runs=found,
        )
    if save:
        console.print(f"kept in {keep(done)}", style="dim")


@app.command()
def report() -> None:
    """Make docs/performance.md of the reports that were kept."""
    PAGE.write_text(render(reports()) + section())
    console.print(f"wrote {PAGE}")


def _exit(report: Report) -> None:
    """Wrong numbers are a failure, however fast they are."""
    if not report.comparison.exact:
        raise typer.Exit(1)


if __name__ == "__main__":
    run_command(app)
