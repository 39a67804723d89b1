"""``tutti send``, ``import``, ``sync``, ``query`` and ``reconcile``: data in and out."""

import sys
import time
from dataclasses import asdict
from typing import Annotated, Any

import typer
from clickhouse_connect.driver.exceptions import DatabaseError

from infra.clickhouse.client import UNAVAILABLE, ClickHouseUnavailableError, connect
from infra.config.settings import Settings
from operators.core.errors import TerminalError
from pipelines.cli.output import AsJson, console, errors, print_json, table
from pipelines.verify.sync import await_clusters
from pipelines.verify.sync import sync as sync_all

Timeout = Annotated[float, typer.Option("--timeout", help="Longest wait, seconds.")]


def sync(timeout: Timeout = 60.0, as_json: AsJson = False) -> None:
    """Wait until everything sent so far is counted and in ClickHouse."""
    began = time.monotonic()
    found = sync_all(Settings(), timeout)
    # Votes are counted; clusters may take what is left of the time, and their lag is no error.
    behind = await_clusters(Settings(), max(0.0, timeout - (time.monotonic() - began)))
    if as_json:
        print_json({"as_of": found.as_of, "proposals_not_clustered": behind})
    else:
        newest = "none yet" if found.as_of is None else f"{found.as_of:%Y-%m-%d %H:%M:%S} UTC"
        console.print(f"all in ClickHouse; newest vote counted: {newest}")
        if behind:
            console.print(f"proposals not in topics yet: {behind}; see semantics in tutti status")


def query(
    sql: Annotated[str, typer.Argument(help="One statement; read-only.")],
    form: Annotated[
        str, typer.Option("--format", help="Any ClickHouse format, e.g. JSONEachRow, CSVWithNames.")
    ] = "PrettyCompact",
    parameters: Annotated[
        list[str] | None,
        typer.Option("--param", help="name=value, for {name:Type} in the statement."),
    ] = None,
) -> None:
    """Query ClickHouse as an analyst does, at the read-only address."""
    named = dict(_named(parameter) for parameter in parameters or [])
    clickhouse = connect(Settings(), analyst=True)
    try:
        answer = clickhouse.raw_query(sql, parameters=named, fmt=form)
    except UNAVAILABLE:
        raise ClickHouseUnavailableError from None
    except DatabaseError as error:
        raise TerminalError(f"ClickHouse refused the query: {error}") from None
    sys.stdout.buffer.write(answer)
    sys.stdout.flush()


def _named(parameter: str) -> tuple[str, str]:
    name, equals, value = parameter.partition("=")
    if not name or not equals:
        raise TerminalError(
            f"--param {parameter}: write name=value, e.g. consultation=cities-2026."
        )
    return name, value


def reconcile(timeout: Timeout = 60.0, as_json: AsJson = False) -> None:
    """Recount the log with Apache Beam and compare with ClickHouse; exit 1 on a difference."""
    # Apache Beam takes a second to import: only this command waits for it.
    from pipelines.verify.reconcile import reconcile as reconcile_all

    found = reconcile_all(Settings(), timeout)
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
    console.print(
        table(
            "recount of the log with Apache Beam against ClickHouse",
            ["check", "in the log", "in ClickHouse", "verdict"],
            ((check.name, check.expected, check.found, check.verdict) for check in found.checks),
        )
    )
    for difference in found.differences:
        errors.print(f"{difference}", markup=False, soft_wrap=True)
    console.print(f"verdict: [bold]{found.verdict}[/]")
