"""Every panel's SQL runs on the real engine, at the address where Grafana reads."""

import re
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import pytest
from grafana_board import CHOSEN, COUNTRIES, MINUTE, OTHER, queries
from grafana_plugin import FROM_S, MACRO, TO_S, VARIABLE, with_macros, with_variables

from infra.clickhouse.views import view_names
from infra.grafana.queries import ClickHouseQuery, sql_of

SQL = Path(str(files("infra.grafana"))) / "sql"
COLUMNS = {
    "live_consultation/people": "participants ballots ballots_per_participant",
    "live_consultation/newest_vote": "age",
    "live_consultation/leaderboard": "rank proposal_id text votes agree_rate agree_low agree_high"
    " consensus consensus_low consensus_high coverage weakest_country weakest_country_rate zone",
    "live_consultation/agreement_over_time": "time proposal agreement",
    "live_consultation/votes_over_time": "time agree disagree neutral",
    "live_consultation/countries": "country participants ballots share_of_participants"
    " share_of_weight",
    "live_consultation/clusters": "label proposals ballots agreement agreement_low agreement_high"
    " spread",
    "live_consultation/opinion_groups": "verdict group size grouped participants dimensions gap"
    " share_error computed_at",
    "live_consultation/signals": "kind text people ballots rank rank_without largest_shift active"
    " first_seen last_seen",
    "campaign_arrivals/votes_by_country": "time country ballots",
    "campaign_arrivals/silent_countries": "country newest_window silent_for ballots_last_hour"
    " ballots_hour_before",
    "campaign_arrivals/participants_by_hour": "time new_participants participants",
    "campaign_arrivals/proposals_by_status": "status proposals newest",
    "campaign_arrivals/rejected_by_reason": "time reason messages",
    "campaign_arrivals/rejected_messages": "topic reason field expected messages newest newest_at",
    "pipeline_health/stages": "stage topic lag newest observed",
    "data_quality/different": "different checks",
    "data_quality/reconciliation": "verdict check subject expected found as_of",
    "data_quality/warnings": "warning subject ballots cure",
    "data_quality/trust": "country ballots troll_share trusted_share sequence_share segment_share",
    "data_quality/coverage": "outside median_coverage unranked accepted",
    "data_quality/signal_effects": "kind text flagged votes rank rank_without agree_low"
    " agree_low_without",
    "data_quality/duplicates": "kind similarity text repeats proposal_id duplicate_of",
    "variables/consultation": "consultation_id shown",
    "variables/country": "country",
}
"""File → the columns of its result."""


def found(name: str) -> ClickHouseQuery:
    return ClickHouseQuery(sql_of(name))


def test_every_file_is_known_here_and_used_by_one_panel():
    names = {str(f.relative_to(SQL).with_suffix("")) for f in SQL.rglob("*.sql")}
    assert names == COLUMNS.keys()
    used = sorted(query.sql for query in queries().values())
    assert used == sorted(sql_of(name) for name in names if not name.startswith("variables/"))


@pytest.mark.parametrize("name", COLUMNS)
def test_a_query_answers_with_its_columns_and_with_rows(ask, name):
    rows = ask(found(name))
    assert rows, "the known data give every panel something to show"
    assert list(rows[0]) == COLUMNS[name].split()


@pytest.mark.parametrize("name", COLUMNS)
def test_analysts_may_send_it(analyst, name):
    """`EXPLAIN`: the same check of the statement, and no limit of time on a busy machine."""
    chosen = {"consultation": CHOSEN, "country": COUNTRIES}
    assert analyst.query(f"EXPLAIN {with_macros(with_variables(sql_of(name), chosen))}").result_rows


@pytest.mark.parametrize("name", COLUMNS)
def test_a_query_reads_only_views_of_marts_and_says_what_it_is(name):
    sql = sql_of(name)
    assert sql.startswith("-- ")
    code = re.sub(r"--.*", "", sql)
    named = set(re.findall(r"\b(?:FROM|(?<!ARRAY )JOIN)\s+([\w.]+)\b(?!\()", code))
    within = set(re.findall(r"\b(\w+) AS \(", code))
    views = {view for view in view_names() if view.startswith("marts.")}
    assert named - within <= views
    assert not re.search(r"\b(tutti|system|open)\.", code)


@pytest.mark.parametrize("name", COLUMNS)
def test_macros_are_the_plugins_and_variables_cannot_leave_their_quotes(name):
    sql = sql_of(name)
    comments = "".join(re.findall(r"--.*", sql))
    assert "$" not in comments, "Grafana would put values there, too"
    for variable in VARIABLE.finditer(sql):
        assert variable[2] == "percentencode"
        before, after = sql[: variable.start()], sql[variable.end() :]
        assert before.endswith("decodeURLComponent('"), variable[0]
        assert after.startswith("')"), variable[0]
    with_macros(VARIABLE.sub("", sql))  # raises for a macro that is none
    assert len(MACRO.findall(sql)) == sql.count("$__")


@pytest.mark.parametrize("query", queries().values(), ids=queries())
def test_a_time_series_has_times_then_labels_then_numbers(ask, query):
    if query.shape != "timeseries":
        return
    rows = ask(query)
    first, *others = rows[0].values()
    assert next(iter(rows[0])) == "time"
    assert isinstance(first, datetime)
    kinds = [type(value) for value in others]
    assert kinds == sorted(kinds, key=lambda kind: kind is not str), "labels before values"
    assert float in kinds or int in kinds
    times = [row["time"] for row in rows]
    assert times == sorted(times), "the plugin makes no series of rows without order"


@pytest.mark.parametrize(
    "value", ["\\' OR 1=1 --", "' OR ''='", "x' UNION ALL SELECT 1 --", "{a,b}", "", "$__all", "\0"]
)
def test_a_value_from_the_address_bar_is_only_a_value(ask, value):
    assert ask(found("live_consultation/leaderboard"), value) == []
    assert ask(found("live_consultation/votes_over_time"), CHOSEN, value) == []
    assert ask(found("live_consultation/votes_over_time"), CHOSEN, [value, "LU"])


def test_a_consultation_is_chosen_by_its_id_and_shown_by_its_title(ask):
    shown = {row["consultation_id"]: row["shown"] for row in ask(found("variables/consultation"))}
    assert shown[CHOSEN] == f"Title of {CHOSEN} · {CHOSEN}"
    assert shown[OTHER] == f"Title of {OTHER} · {OTHER}"
    assert [row["country"] for row in ask(found("variables/country"))] == COUNTRIES


def test_ballots_over_time_are_those_of_the_countries_chosen(ask):
    rows = ask(found("live_consultation/votes_over_time"))
    assert len(rows) == 30
    assert sum(row["agree"] for row in rows) * 60 == pytest.approx(61)
    assert sum(row["disagree"] for row in rows) * 60 == pytest.approx(30)
    rows = ask(found("live_consultation/votes_over_time"), CHOSEN, ["LU"])
    assert sum(row["agree"] for row in rows) == 0
    assert sum(row["disagree"] for row in rows) * 60 == pytest.approx(30)


def test_agreement_over_time_is_that_of_all_ballots_so_far(ask):
    rows = ask(found("live_consultation/agreement_over_time"))
    assert [row["agreement"] for row in rows] == [
        pytest.approx((1 + 2 * n) / (1 + 3 * n)) for n in range(1, 31)
    ]
    later = ask(found("live_consultation/agreement_over_time"), start=(MINUTE + 20) * 60)
    assert later == rows[20:], "ballots before the range count, too"


def test_a_silent_country_stands_first(ask):
    rows = ask(found("campaign_arrivals/silent_countries"))
    assert [row["country"] for row in rows] == ["MT", "FR", "LU"]
    assert rows[0]["silent_for"] == TO_S - MINUTE * 60
    assert rows[1]["silent_for"] == TO_S - (MINUTE + 29) * 60
    hours = {row["country"]: (row["ballots_hour_before"], row["ballots_last_hour"]) for row in rows}
    assert hours == {"MT": (1, 0), "FR": (60, 0), "LU": (30, 0)}


def test_rejected_messages_are_counted_by_reason(ask):
    rows = ask(found("campaign_arrivals/rejected_messages"))
    assert [(row["reason"], row["messages"]) for row in rows] == [
        ("unknown_choice", 2),
        ("not_json", 1),
    ]
    assert rows[0]["newest_at"] == "0/1"
    shorter = ask(found("campaign_arrivals/rejected_messages"), start=FROM_S + 30)
    assert sum(row["messages"] for row in shorter) == 2


def test_shares_of_people_and_of_weight_add_up(ask):
    rows = ask(found("live_consultation/countries"))
    assert sum(row["share_of_participants"] for row in rows) == pytest.approx(1)
    assert [row["share_of_weight"] for row in rows] == pytest.approx([1 / 3] * 2)
    trust = ask(found("data_quality/trust"))
    assert trust[0]["country"] == "all"
    assert trust[0]["troll_share"] == pytest.approx(4 / (4 + 7 * 8))


def test_stages_say_what_they_have_not_done(ask):
    [intake] = [row for row in ask(found("pipeline_health/stages")) if row["stage"] == "intake"]
    assert intake["lag"] == 10
