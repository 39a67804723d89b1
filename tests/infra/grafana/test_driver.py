"""Grafana's data source connects to the analysts' port and reads every panel as its driver does."""

import pytest
from grafana_board import CHOSEN, COUNTRIES
from grafana_driver import DriverError, GrafanaDriver
from grafana_plugin import with_macros, with_variables

from infra.config.secrets import make_clickhouse_password
from infra.grafana.build import DASHBOARDS
from infra.grafana.queries import ClickHouseQuery

PANELS = {
    f"{board.title}: {panel.title}": query
    for board in DASHBOARDS
    for panel in board.panels
    for query in panel.queries
    if isinstance(query, ClickHouseQuery)
}


@pytest.fixture(scope="module")
def grafana(clickhouse_settings):
    return GrafanaDriver(clickhouse_settings.analyst_port)


@pytest.fixture(scope="module")
def operator(clickhouse_settings):
    password = make_clickhouse_password(clickhouse_settings)
    return GrafanaDriver(clickhouse_settings.clickhouse_port, password)


def test_it_connects_and_learns_what_the_server_is(grafana, operator):
    for driver in (grafana, operator):
        [(name, version, revision, timezone)] = driver.dial().rows
        assert name == "ClickHouse over chDB"  # and not the machine's
        assert version.startswith("26.")
        assert revision > 54454
        assert timezone == "UTC"


def test_the_explorer_lists_what_analysts_may_read(grafana):
    assert {("marts",), ("open",)} <= set(grafana.query("SHOW DATABASES").rows)
    assert ("leaderboard",) in grafana.query("SHOW TABLES FROM `marts`").rows
    described = grafana.query("DESC TABLE `marts`.`leaderboard`").rows
    assert ("proposal_id", "String") in {row[:2] for row in described}


def test_the_limit_that_the_driver_derives_from_its_deadline_is_taken(grafana):
    assert grafana.query("SELECT 1", max_execution_time="35").rows == [(1,)]


def test_a_refusal_is_told_in_a_way_that_the_plugin_knows_as_the_servers(grafana):
    with pytest.raises(DriverError, match="DB::Exception"):
        grafana.query("SELECT * FROM tutti.ballots")


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_is_read(analyst, grafana, panel):
    chosen = {"consultation": CHOSEN, "country": COUNTRIES}
    sql = with_macros(with_variables(PANELS[panel].sql, chosen))
    found, expected = grafana.query(sql), analyst.query(sql)
    assert found.names == list(expected.column_names)
    assert len(found.rows) == len(expected.result_rows)
