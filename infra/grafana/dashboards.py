"""Dashboards: panels in rows, variables, and the annotations of consultations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models.dashboard import (
    Dashboard,
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    GridPos,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from infra.grafana.panels import DOCS, WIDTH, NoteSpec, PanelSpec, build_panel
from infra.grafana.queries import CLICKHOUSE, ClickHouseQuery, sql_of

TAG: Final = "tutti"
"""Of dashboards and annotations."""
FOLDER_UID: Final = "tutti"
FOLDER_TITLE: Final = "tutti"
"""Of the folder of all dashboards."""
DOCS_URL: Final = "http://127.0.0.1:8000"
"""Where ``make docs-serve`` shows the documentation."""
_GRAFANA: Final = DataSourceRef(type_val="grafana", uid="-- Grafana --")


@dataclass(frozen=True, slots=True)
class RowSpec:
    """A heading and what stands below it.

    Attributes:
        title: The heading.
        panels: From left to right, in as many lines as they need.
    """

    title: str
    panels: Sequence[PanelSpec | NoteSpec]


@dataclass(frozen=True, slots=True)
class DashboardSpec:
    """One dashboard.

    Attributes:
        uid: Its name in addresses and files.
        title: Its title.
        about: Which questions it answers.
        rows: What stands on it.
        since: The range that is shown first, as ``now-3h``.
        refresh: How often it asks again.
        by_consultation: Whether one consultation is chosen, and countries of it.
    """

    uid: str
    title: str
    about: str
    rows: Sequence[RowSpec]
    since: str = "now-3h"
    refresh: str = "30s"
    by_consultation: bool = True

    @property
    def panels(self) -> list[PanelSpec]:
        """All panels with data."""
        return [one for row in self.rows for one in row.panels if isinstance(one, PanelSpec)]


def build_dashboard(spec: DashboardSpec, docs_url: str = DOCS_URL) -> Dashboard:
    """The dashboard as the SDK's type.

    Args:
        spec: What it is.
        docs_url: Address of the documentation, for the links of panels.
    """
    made = (
        dashboard.Dashboard(spec.title)
        .uid(spec.uid)
        .description(spec.about)
        .tags([TAG])
        .editable()
        .time(spec.since, "now")
        .timezone("utc")
        .refresh(spec.refresh)
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .link(_to_the_others())
        .annotation(_openings(by_consultation=spec.by_consultation))
    )
    if spec.by_consultation:
        made = made.with_variable(_consultation()).with_variable(_country())
    made = made.with_variable(
        dashboard.ConstantVariable(DOCS).value(docs_url).description("Where the documentation is")
    )
    number = top = 0
    for row in spec.rows:
        number += 1
        made = made.with_row(
            dashboard.Row(row.title).id(number).grid_pos(GridPos(h=1, w=WIDTH, x=0, y=top))
        )
        top += 1
        left = tallest = 0
        for panel in row.panels:
            width = WIDTH if isinstance(panel, NoteSpec) else panel.width
            if left + width > WIDTH:
                left, top, tallest = 0, top + tallest, 0
            number += 1
            place = GridPos(h=panel.height, w=width, x=left, y=top)
            made = made.with_panel(build_panel(panel, number, place))
            left, tallest = left + width, max(tallest, panel.height)
        top += tallest
    return made.build()


def _consultation() -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable("consultation")
        .label("Consultation")
        .query(_variable("variables/consultation"))
        .datasource(CLICKHOUSE)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.DISABLED)
    )


def _country() -> dashboard.QueryVariable:
    """Several, and all; without a value of its own for all, which Grafana would not escape."""
    return (
        dashboard.QueryVariable("country")
        .label("Country")
        .query(_variable("variables/country"))
        .datasource(CLICKHOUSE)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .multi(True)
        .include_all(True)
        .current(VariableOption(selected=True, text=["All"], value=["$__all"]))
    )


def _variable(path: str) -> dict[str, object]:
    return ClickHouseQuery(sql_of(path), ref_id="variable").to_json()


def _to_the_others() -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink("tutti")
        .type(DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(True)
        .include_vars(True)
        .keep_time(True)
    )


def _openings(*, by_consultation: bool) -> dashboard.AnnotationQuery:
    """When consultations opened and closed, as ``tutti dashboards push`` wrote it."""
    tags = [TAG, *(["consultation:${consultation}"] if by_consultation else [])]
    target = dashboard.AnnotationTarget().limit(100).match_any(False).tags(tags).type("tags")
    return (
        dashboard.AnnotationQuery()
        .name("Opening and closing")
        .datasource(_GRAFANA)
        .enable(True)
        .icon_color("blue")
        .type("tags")
        .target(target)
    )
