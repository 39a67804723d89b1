"""``python -m loadtests``: measure a load on a stack of its own."""

from typing import Annotated

import typer
from rich.console import Console

from loadtests.bench import Bench, own_stack
from loadtests.show import show
from loadtests.workload import load

console = Console(stderr=True)
app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)

Name = Annotated[str, typer.Argument(metavar="WORKLOAD", help="a file of loadtests/workloads")]
Runs = Annotated[int, typer.Option(min=1, help="measured runs, one after the other")]


def _say(line: str) -> None:
    console.print(line, style="dim")


@app.command()
def bulk(
    workload: Name = "steady",
    votes: Annotated[int, typer.Option(min=1, help="votes per run")] = 500_000,
    runs: Runs = 1,
    warm_up: Annotated[int, typer.Option(min=0, help="votes sent before, not measured")] = 100_000,
) -> None:
    """Send as fast as possible: votes per second of the whole chain, from sent to visible."""
    _check_votes = load(workload)
    with own_stack(_say) as settings:
        bench = Bench(settings, _check_votes)
        bench.announce()
        if warm_up:
            show(console, "cold", bench.bulk(warm_up))
        for run in range(runs):
            show(console, f"run {run + 1}", bench.bulk(votes))
        console.print(bench.check())


@app.command()
def run(
    workload: Name = "steady",
    rate: Annotated[float, typer.Option(min=1, help="votes per second at factor 1")] = 5_000,
    seconds: Annotated[float, typer.Option(min=1, help="length of a run")] = 30,
    runs: Runs = 1,
    warm_up: Annotated[float, typer.Option(min=1, help="s before, reported as cold start")] = 20,
) -> None:
    """Send at a rate: how soon is a vote readable?"""
    described = load(workload)
    with own_stack(_say) as settings:
        bench = Bench(settings, described)
        bench.announce()
        console.print("idle, cores:", bench.idle())
        show(console, "cold", bench.steady(rate, warm_up))
        for number in range(runs):
            show(console, f"run {number + 1}", bench.steady(rate, seconds))
        console.print(bench.check())


if __name__ == "__main__":
    app()
