"""``tutti sync`` and ``reconcile``: whether what was sent is counted, and counted right."""

import time
from dataclasses import asdict
from typing import Annotated, Any

import typer

from operators.core.wording import number_of
from pipelines.cli.installation import settings
from pipelines.cli.output import AsJson, console, errors, print_json

Timeout = Annotated[float, typer.Option("--timeout", help="Longest wait, seconds.")]


def sync(timeout: Timeout = 60.0, as_json: AsJson = False) -> None:
    """Wait until everything sent so far is counted and in ClickHouse."""
    ours = settings()
    from pipelines.verify.sync import await_clusters
    from pipelines.verify.sync import sync as sync_all

    began = time.monotonic()
    found = sync_all(ours, timeout)
    # Votes are counted; clusters may take what is left of the time, and their lag is no error.
    waiting = await_clusters(ours, max(0.0, timeout - (time.monotonic() - began)))
    if as_json:
        print_json({"as_of": found.as_of, "proposals_not_clustered": waiting})
    else:
        newest = "none yet" if found.as_of is None else f"{found.as_of:%Y-%m-%d %H:%M:%S} UTC"
        console.print(f"all in ClickHouse; newest vote counted: {newest}")
        if waiting:
            console.print(
                f"{number_of(waiting, 'proposal')} not in a cluster yet:"
                " see semantics in tutti status"
            )


def reconcile(timeout: Timeout = 60.0, as_json: AsJson = False) -> None:
    """Recount the log with Apache Beam and compare with ClickHouse; exit 1 on a difference.

    Exit 2 if votes kept arriving, so that nothing can be said.
    """
    ours = settings()
    from pipelines.verify.reconcile import reconcile as reconcile_all

    found = reconcile_all(ours, timeout)
    if as_json:
        print_json(asdict(found))
    else:
        print_reconciliation(found)
    if found.verdict == "different":
        raise typer.Exit(1)
    if found.verdict == "pending":
        errors.print("votes arrived meanwhile: try again when none do")
        raise typer.Exit(2)


def print_reconciliation(found: Any) -> None:
    """Print checks, differences and verdict."""
    from pipelines.cli.screen import table

    console.print(
        table(
            "recount of the log with Apache Beam against ClickHouse",
            ["check", "in the log", "in ClickHouse", "verdict"],
            ((check.name, check.expected, check.found, check.verdict) for check in found.checks),
        )
    )
    for difference in found.differences:
        errors.print(f"{difference}")
    console.print(f"verdict: {found.verdict}", style="bold")
