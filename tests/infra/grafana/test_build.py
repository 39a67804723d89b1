"""What is built: complete, of the SDK's types, fresh, and the same at each build."""

import json
import re
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.cog.runtime import DataqueryConfig, register_dataquery_variant
from grafana_foundation_sdk.models.dashboard import Dashboard
from places import CHECKOUT

from docs.generate.markdown import anchor
from infra.grafana.build import (
    DASHBOARDS,
    FOLDER,
    as_json,
    built_files,
    dashboard_json,
    write_files,
)
from infra.grafana.campaign_arrivals import CAMPAIGN_ARRIVALS
from infra.grafana.data_quality import DATA_QUALITY
from infra.grafana.live_consultation import LIVE_CONSULTATION
from infra.grafana.panels import DOCS, WIDTH, PanelSpec
from infra.grafana.pipeline_health import PIPELINE_HEALTH
from infra.grafana.queries import CLICKHOUSE, ClickHouseQuery
from infra.service.metrics import METRICS

register_default_plugins()
register_dataquery_variant(DataqueryConfig(str(CLICKHOUSE.type_val), ClickHouseQuery.from_json))

PANELS = {f"{b.uid}: {p.title}": p for b in DASHBOARDS for p in b.panels}
FUNCTIONS = {
    *("sum", "max", "min", "by", "rate", "time", "histogram_quantile"),
    *("and", "changes", "max_over_time", "consultation", "source"),
    *("le", "kind", "task", "service", "topic", "pool"),
}
"""What is no metric in PromQL."""


def expressions() -> list[str]:
    return [
        query.build().expr
        for panel in PANELS.values()
        for query in panel.queries
        if not isinstance(query, ClickHouseQuery)
    ]


def test_the_four_dashboards_are_there():
    assert DASHBOARDS == (LIVE_CONSULTATION, CAMPAIGN_ARRIVALS, PIPELINE_HEALTH, DATA_QUALITY)
    assert len({board.uid for board in DASHBOARDS}) == 4
    assert all(len(board.uid) <= 40 for board in DASHBOARDS), "Grafana takes no longer ones"


@pytest.mark.parametrize("panel", PANELS.values(), ids=PANELS)
def test_a_panel_says_what_it_shows_and_where_that_is_defined(panel: PanelSpec):
    assert panel.title
    assert panel.unit
    assert panel.no_data
    assert panel.about.endswith(".")
    page, _, heading = panel.docs.partition("#")
    text = (CHECKOUT / "docs" / f"{page}.md").read_text()
    headings = {anchor(line.lstrip("# ")) for line in text.splitlines() if line.startswith("#")}
    assert not heading or heading in headings, f"{page} has no heading {heading}"


@pytest.mark.parametrize("board", DASHBOARDS, ids=lambda board: board.uid)
def test_what_is_built_has_what_a_panel_must_have(board):
    built = dashboard_json(board)
    drawn = [panel for panel in built["panels"] if panel["type"] not in {"row", "text"}]
    assert len(drawn) == len(board.panels)
    for panel in drawn:
        defaults = panel["fieldConfig"]["defaults"]
        assert defaults["unit"]
        assert defaults["noValue"]
        assert panel["description"]
        assert panel["links"][0]["url"].startswith(f"${{{DOCS}:raw}}/")
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {
            panel["datasource"]["uid"]
        }
    ids = [panel["id"] for panel in built["panels"]]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("board", DASHBOARDS, ids=lambda board: board.uid)
def test_no_two_panels_stand_in_the_same_place(board):
    taken: set[tuple[int, int]] = set()
    for panel in dashboard_json(board)["panels"]:
        place = panel["gridPos"]
        cells = {
            (place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < WIDTH
        taken |= cells


@pytest.mark.parametrize("path", built_files(), ids=str)
def test_what_is_built_lies_fresh_in_the_repository(path):
    assert (FOLDER / path).read_text() == built_files()[path], "run tutti dashboards build"


def test_nothing_else_lies_there():
    assert {f.relative_to(FOLDER) for f in (FOLDER / "built").iterdir()} == {
        path for path in built_files() if path.parts[0] == "built"
    }


def test_building_twice_gives_the_same_bytes(tmp_path):
    write_files(tmp_path)
    for path, text in built_files().items():
        assert (tmp_path / path).read_bytes() == text.encode()


@pytest.mark.parametrize("board", DASHBOARDS, ids=lambda board: board.uid)
def test_what_is_built_is_of_the_sdks_types(board):
    """Read into the SDK's types and written again, nothing is lost; only defaults are added."""
    written = json.loads((FOLDER / "built" / f"{board.uid}.json").read_text())
    again = json.loads(as_json(Dashboard.from_json(written)))
    assert missing(written, again) == []
    assert json.loads(as_json(Dashboard.from_json(again))) == again


def missing(wanted: Any, there: Any, place: str = "") -> list[str]:
    """Where something is not as wanted; keys that are there on top do not matter."""
    if isinstance(wanted, dict) and isinstance(there, dict):
        return [
            found
            for key, value in wanted.items()
            for found in missing(value, there.get(key), f"{place}.{key}")
        ]
    if isinstance(wanted, list) and isinstance(there, list) and len(wanted) == len(there):
        return [
            found
            for n, (one, other) in enumerate(zip(wanted, there, strict=True))
            for found in missing(one, other, f"{place}[{n}]")
        ]
    return [] if wanted == there else [place]


def test_every_metric_in_promql_is_one_that_is_served():
    served = {sample for metric in METRICS.values() for sample in metric.samples}
    for expression in expressions():
        bare = re.sub(r"\[[^\]]*\]|\{[^}]*\}", "", expression)
        named = set(re.findall(r"[a-zA-Z_]\w{2,}|le", bare)) - FUNCTIONS
        assert named <= served, expression


def test_the_address_of_the_documentation_is_the_builders():
    built = dashboard_json(LIVE_CONSULTATION, "https://docs.example/tutti")
    [found] = [v for v in built["templating"]["list"] if v["name"] == DOCS]
    assert found["query"] == "https://docs.example/tutti"


def test_data_sources_are_those_that_panels_ask():
    texts = {
        path.parts[1]: text for path, text in built_files().items() if path.parts[0] != "built"
    }
    sources = yaml.safe_load(texts["datasources"])["datasources"]
    asked = {panel.source.uid: panel.source.type_val for panel in PANELS.values()}
    assert {source["uid"]: source["type"] for source in sources} == asked
    [provider] = yaml.safe_load(texts["dashboards"])["providers"]
    assert provider["options"] == {"path": "$TUTTI_DASHBOARDS"}
    assert not any("secure" in source for source in sources), "no secret is built"
