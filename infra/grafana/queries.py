"""Queries of panels: SQL for the ClickHouse plugin, from its file, and PromQL."""

from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final, Literal, Self

from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.cog import builder as cogbuilder
from grafana_foundation_sdk.cog import variants as cogvariants
from grafana_foundation_sdk.models.dashboard import DataSourceRef

CLICKHOUSE: Final = DataSourceRef(type_val="grafana-clickhouse-datasource", uid="tutti-clickhouse")
PROMETHEUS: Final = DataSourceRef(type_val="prometheus", uid="tutti-prometheus")
PLUGIN_VERSION: Final = "4.8.2"
"""Of the ClickHouse plugin, whose form of queries this is."""

Shape = Literal["table", "timeseries"]
_FORMATS: Final[dict[Shape, int]] = {"timeseries": 0, "table": 1}


def sql_of(path: str) -> str:
    """The text of ``sql/PATH.sql``, its comments included: they are shown in Grafana's editor."""
    return files("infra.grafana").joinpath("sql", f"{path}.sql").read_text("utf-8").strip()


@dataclass(slots=True)
class ClickHouseQuery(cogvariants.Dataquery, cogbuilder.Builder[cogvariants.Dataquery]):
    """A query in the form of the ClickHouse plugin, which the SDK does not know.

    Attributes:
        sql: With the plugin's macros and Grafana's variables.
        shape: Of a time series, the columns are ``time``, labels (strings) and values.
        ref_id: Its letter within the panel.
    """

    sql: str
    shape: Shape = "table"
    ref_id: str = "A"

    def build(self) -> Self:
        """Itself: there is nothing to put together."""
        return self

    def to_json(self) -> dict[str, object]:
        """As it stands in a dashboard."""
        return {
            "refId": self.ref_id,
            "datasource": CLICKHOUSE,
            "pluginVersion": PLUGIN_VERSION,
            "editorType": "sql",
            "queryType": self.shape,
            "format": _FORMATS[self.shape],
            "rawSql": self.sql,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read one again, as the SDK does with the queries that it knows."""
        return cls(data["rawSql"], data["queryType"], data["refId"])


def clickhouse(path: str, shape: Shape = "table") -> ClickHouseQuery:
    """The query of a panel.

    Args:
        path: Of its file, as ``live_consultation/leaderboard``.
        shape: Of its result.
    """
    return ClickHouseQuery(sql_of(path), shape)


def series(expression: str, legend: str = "", ref_id: str = "A") -> prometheus.Dataquery:
    """A PromQL expression over the range shown.

    Args:
        expression: With ``$__rate_interval`` where a rate is asked for.
        legend: Name of each series, with labels as ``{{service}}``; empty: all its labels.
        ref_id: Its letter within the panel.
    """
    return _promql(expression, ref_id).legend_format(legend or "__auto").range()


def newest(expression: str, legend: str = "", ref_id: str = "A") -> prometheus.Dataquery:
    """The value of a PromQL expression at the end of the range shown."""
    return _promql(expression, ref_id).legend_format(legend or "__auto").instant()


def _promql(expression: str, ref_id: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(expression).ref_id(ref_id).datasource(PROMETHEUS)
