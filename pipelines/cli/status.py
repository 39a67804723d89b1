"""``tutti status``: how each service is."""

import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from pipelines.cli.installation import settings
from pipelines.cli.operator_page import where
from pipelines.cli.output import AsJson, console, errors, print_json

if TYPE_CHECKING:
    from infra.config.settings import Settings
    from infra.local.status import ServiceStatus
    from pipelines.cli.screen import Cell, Sheet

REFRESH_S: Final = 2.0


def status(
    watch: Annotated[bool, typer.Option("--watch", help="Follow it until Ctrl-C.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show each service; exit 1 unless all are ready."""
    ours = settings()
    from infra.local.status import status as look

    if watch and not as_json:
        from pipelines.cli.screen import follow

        return follow(_pictures(ours), console.screen)
    found = look(ours)
    ready = all(s.ready or s.busy for s in found if s.service != "rebuild")
    if as_json:
        print_json({"ready": ready, "services": [asdict(s) for s in found]})
    else:
        console.print(draw_status(found))
        console.print(where(ours))
    for line in faults(found):
        errors.print(line)
    if not ready:
        raise typer.Exit(1)
    return None


def draw_status(found: list["ServiceStatus"]) -> "Sheet":
    """The services as a sheet."""
    from pipelines.cli.screen import Column, Sheet

    columns = [
        Column("service"),
        Column("state", 2),
        Column("ready"),
        Column("behind", 1, right=True),
        Column("lately", 3),
        Column("MiB", 4, right=True),
        Column("address", 5),
        Column("pid", 6, right=True),
    ]
    busy = any(service.busy for service in found)
    return Sheet(
        "tutti",
        columns,
        map(_cells, found),
        "busy: it runs, and has not answered within two seconds" if busy else "",
    )


def faults(found: list["ServiceStatus"]) -> list[str]:
    """What is wrong and does not mend itself, a sentence each."""
    return [
        f"{service.service}: {service.facts[fact]}"
        for service in found
        for fact in ("fault", "blocked", "warning")
        if fact in service.facts
    ]


def _cells(service: "ServiceStatus") -> list["Cell"]:
    return [
        service.service,
        service.state.lower(),
        "yes" if service.ready else "busy" if service.busy else "no",
        None if service.lag is None else f"{service.lag:,}",
        _lately(service.facts),
        f"{service.memory_mb:,}" if service.memory_mb else "",
        service.address,
        str(service.pid or ""),
    ]


def _lately(facts: dict[str, Any]) -> str | None:
    """The one fact about a service that people look for."""
    for name, template in (
        ("checkpoint_age_ms", "checkpoint {:.1f} s ago"),
        ("freshness_ms", "a vote shows after {:.1f} s"),
    ):
        if facts.get(name) is not None:
            return template.format(facts[name] / 1000)
    return None


def _pictures(ours: "Settings") -> Iterator["Sheet"]:
    from infra.local.status import status as look

    while True:
        found = look(ours)
        sheet = draw_status(found)
        sheet.caption = "\n".join(filter(None, [sheet.caption, *faults(found)]))
        yield sheet
        time.sleep(REFRESH_S)
