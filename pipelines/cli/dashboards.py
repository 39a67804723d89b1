"""``tutti dashboards``: what Grafana shows, built from the code and sent there."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pipelines.cli.installation import clickhouse, settings
from pipelines.cli.output import AsJson, console, print_json

if TYPE_CHECKING:
    from infra.config.settings import Settings
    from infra.grafana.push import Dashboards

app = typer.Typer(
    help="Dashboards of Grafana, as code.", no_args_is_help=True, rich_markup_mode=None
)

_DOCS_URL: Final = "http://127.0.0.1:8000"
_PROMETHEUS_URL: Final = "http://127.0.0.1:9090"

Docs = Annotated[
    str, typer.Option("--docs", help="Address of the documentation, for the panels' links.")
]


@app.command()
def build(
    output: Annotated[
        Path | None, typer.Option("--output", help="Folder; otherwise infra/grafana of this code.")
    ] = None,
    docs: Docs = _DOCS_URL,
) -> None:
    """Write dashboards as JSON, and the files with which Grafana is set up."""
    from infra.grafana.build import FOLDER, write_files

    write_files(output or FOLDER, docs.rstrip("/"), lambda file: console.print(str(file)))


@app.command()
def diff(docs: Docs = _DOCS_URL, as_json: AsJson = False) -> None:
    """Compare with what TUTTI_GRAFANA_URL shows; exit 1 on a difference."""
    found = list(_dashboards(settings(), docs).states())
    if as_json:
        print_json([{"uid": one.uid, "change": one.change} for one in found])
    else:
        for one in found:
            console.print(f"{one.title}: {one.change}")
            for line in one.lines:
                console.print(line)
    if any(one.change != "unchanged" for one in found):
        raise typer.Exit(1)


@app.command()
def push(
    docs: Docs = _DOCS_URL,
    prometheus: Annotated[
        str, typer.Option("--prometheus", help="Address of Prometheus, as Grafana reaches it.")
    ] = _PROMETHEUS_URL,
    data_sources: Annotated[
        bool, typer.Option("--data-sources/--no-data-sources", help="Write data sources, too.")
    ] = True,
    annotations: Annotated[
        bool, typer.Option("--annotations/--no-annotations", help="Mark openings and closings.")
    ] = True,
) -> None:
    """Send folder, data sources, dashboards and annotations to TUTTI_GRAFANA_URL."""
    ours = settings()
    boards = _dashboards(ours, docs)
    if data_sources:
        from infra.grafana import data_sources as sources

        clickhouse_source = sources.clickhouse_source(ours)
        change = boards.push_source(clickhouse_source, sources.clickhouse_secrets(ours))
        console.print(f"{clickhouse_source['name']}: {change}")
        prometheus_source = sources.prometheus_source(prometheus)
        console.print(f"{prometheus_source['name']}: {boards.push_source(prometheus_source)}")
    for one in boards.push():
        console.print(f"{one.title}: {one.change}")
    if annotations:
        from infra.grafana.connection import connect
        from infra.grafana.openings import annotate, read_openings

        openings = read_openings(clickhouse(analyst=True))
        written = annotate(connect(ours), str(ours.grafana_url), openings)
        console.print(f"openings and closings: {written} written of {len(openings)}")


def _dashboards(ours: "Settings", docs: str) -> "Dashboards":
    from infra.grafana.connection import connect
    from infra.grafana.push import Dashboards

    return Dashboards(connect(ours), str(ours.grafana_url), docs.rstrip("/"))
