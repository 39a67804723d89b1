"""Panels: what each must have, so that whoever looks at a number can find out what it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    stat,
    statetimeline,
    table,
    text,
    timeseries,
)
from grafana_foundation_sdk.cog import builder as cogbuilder
from grafana_foundation_sdk.cog import variants as cogvariants
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    DynamicConfigValue,
    GridPos,
    Threshold,
    ThresholdsMode,
)
from grafana_foundation_sdk.models.text import TextMode

from infra.grafana.queries import CLICKHOUSE, PROMETHEUS, ClickHouseQuery

Kind = Literal["bars", "series", "stacked", "state", "stat", "table"]
Query = cogbuilder.Builder[cogvariants.Dataquery]

DOCS: Final = "docs"
"""The dashboards' variable with the address of the documentation."""
WIDTH: Final = 24
"""Of a dashboard, in Grafana's columns."""
_GREEN, _ORANGE, _RED = "green", "orange", "red"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """How a column of a table is shown.

    Attributes:
        title: Its heading.
        unit: As in `PanelSpec`; empty: that of the panel.
        width: Pixels; 0: as Grafana thinks best.
    """

    title: str
    unit: str = ""
    width: int = 0


@dataclass(frozen=True, slots=True)
class PanelSpec:
    """One panel.

    Attributes:
        title: Its title.
        about: What the number is, what it is not, and when to act.
        docs: Its definition: a page of the documentation, with a heading.
        unit: One of `grafana_foundation_sdk.models.units`.
        no_data: What it says where there is nothing to show.
        queries: All of one data source.
        kind: How it is drawn.
        width: Columns of `WIDTH`.
        height: Rows of 30 pixels.
        columns: Of a table, by the names in its query.
        orange: From this value on; None: never.
        red: From this value on; None: never.
        legend: Name of a series, if the query does not give it.
        shortest: Least time between two points, as ``1m``.
    """

    title: str
    about: str
    docs: str
    unit: str
    no_data: str
    queries: Sequence[Query]
    kind: Kind = "series"
    width: int = 12
    height: int = 8
    columns: Mapping[str, TableColumn] = field(default_factory=dict)
    orange: float | None = None
    red: float | None = None
    legend: str = ""
    shortest: str = ""

    @property
    def source(self) -> DataSourceRef:
        """Where it reads."""
        return CLICKHOUSE if isinstance(self.queries[0], ClickHouseQuery) else PROMETHEUS


@dataclass(frozen=True, slots=True)
class NoteSpec:
    """A text between panels.

    Attributes:
        title: Its title.
        markdown: Its text.
        height: Rows of 30 pixels.
    """

    title: str
    markdown: str
    height: int = 4


def build_panel(spec: PanelSpec | NoteSpec, number: int, place: GridPos) -> Any:
    """The SDK's builder of a panel.

    Args:
        spec: What it is.
        number: Its id within the dashboard.
        place: Where it stands.
    """
    if isinstance(spec, NoteSpec):
        note = text.Panel().title(spec.title).id(number).grid_pos(place)
        return note.mode(TextMode.MARKDOWN).content(spec.markdown).transparent(True)
    panel: Any = _drawn(spec)
    panel = panel.title(spec.title).id(number).grid_pos(place).datasource(spec.source)
    panel = panel.description(spec.about).unit(spec.unit).no_value(spec.no_data)
    panel = panel.thresholds(_thresholds(spec)).links([_definition(spec)])
    if spec.legend:
        panel = panel.display_name(spec.legend)
    if spec.shortest:
        panel = panel.interval(spec.shortest)
    for query in spec.queries:
        panel = panel.with_target(query)
    for name, column in spec.columns.items():
        panel = panel.override_by_name(name, _properties(column))
    return panel


def _drawn(spec: PanelSpec) -> Any:
    if spec.kind == "stat":
        return (
            stat.Panel()
            .color_mode(common_models.BigValueColorMode.VALUE)
            .graph_mode(common_models.BigValueGraphMode.NONE)
            .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        )
    if spec.kind == "table":
        return table.Panel().cell_height(common_models.TableCellHeight.SM)
    if spec.kind == "bars":
        return (
            bargauge.Panel()
            .orientation(common_models.VizOrientation.HORIZONTAL)
            .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        )
    if spec.kind == "state":
        return statetimeline.Panel().show_value(common_models.VisibilityMode.NEVER)
    lines = timeseries.Panel().legend(_legend()).tooltip(_tooltip()).axis_soft_min(0)
    if spec.kind == "stacked":
        return lines.stacking(
            common.StackingConfig().mode(common_models.StackingMode.NORMAL)
        ).fill_opacity(40)
    return lines.span_nulls(False).show_points(common_models.VisibilityMode.AUTO)


def _legend() -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .display_mode(common_models.LegendDisplayMode.LIST)
        .placement(common_models.LegendPlacement.BOTTOM)
        .show_legend(True)
    )


def _tooltip() -> common.VizTooltipOptions:
    return (
        common.VizTooltipOptions()
        .mode(common_models.TooltipDisplayMode.MULTI)
        .sort(common_models.SortOrder.DESCENDING)
    )


def _thresholds(spec: PanelSpec) -> dashboard.ThresholdsConfig:
    steps = [Threshold(None, _GREEN)]
    steps += [
        Threshold(value, colour)
        for value, colour in ((spec.orange, _ORANGE), (spec.red, _RED))
        if value is not None
    ]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


def _definition(spec: PanelSpec) -> dashboard.DashboardLink:
    page, _, heading = spec.docs.partition("#")
    url = f"${{{DOCS}:raw}}/{page}.html" + (f"#{heading}" if heading else "")
    return dashboard.DashboardLink("What is this?").url(url).target_blank(True)


def _properties(column: TableColumn) -> list[DynamicConfigValue]:
    found = [DynamicConfigValue("displayName", column.title)]
    if column.unit:
        found.append(DynamicConfigValue("unit", column.unit))
    if column.width:
        found.append(DynamicConfigValue("custom.width", column.width))
    return found
