import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from operator_rows import NAME, NOW, ago, arrived, consultation, evening, machine, service, stage
from operator_rows import signal as seen
from operator_rows import waiting as pending
from places import CHECKOUT

from infra.clickhouse.arrivals import Arrivals
from infra.clickhouse.operator_page import FailedCheck, LetterGroup, Signals
from pipelines.live.operator.alarm_kinds import KINDS, MANUAL
from pipelines.live.operator.alarms import Facts, alarms
from pipelines.live.operator.machine import Metrics

MANUAL_PAGE = CHECKOUT / "docs" / MANUAL.replace(".html", ".md")


def kinds(**facts: Any) -> list[str]:
    return [alarm.kind for alarm in alarms(Facts(NOW, **facts))]


def measured(**samples: float) -> Metrics:
    return Metrics({f"tutti_{name}": [({}, value)] for name, value in samples.items()})


def letters(recent: int) -> list[LetterGroup]:
    return [LetterGroup("tutti.votes.v1", "not_json", "", "", recent, recent, NOW)]


def test_before_anything_was_read_and_while_all_is_well_nothing_needs_anybody():
    assert kinds() == []
    usual = {
        "machine": machine(),
        "stages": [stage("sink", 1_400)],
        "consultations": [consultation()],
        "arrivals": Arrivals([arrived("FR", "tv", 500, 5_500)], {}),
        "letters": letters(3),
    }
    assert kinds(**usual) == []


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"unread": True}, "unread"),
        ({"differences": [FailedCheck("tallies = ballots", NAME, 9, 8)]}, "different"),
        ({"machine": machine([service("sink", ready=False)])}, "down"),
        ({"machine": machine([replace(service("sink", ready=False), busy=True)])}, "busy"),
        ({"machine": machine([service("kafka", fault="It does not trust us.")])}, "said"),
        ({"machine": machine([service("votes", checkpoint_age_ms=90_000)])}, "checkpoint"),
        ({"machine": machine(ends={"sink": 2})}, "ended"),
        ({"machine": machine(disk_free=10**9 // 2)}, "disk_full"),
        ({"machine": machine(disk_free=4 * 10**9)}, "disk"),
        ({"machine": machine(metrics=measured(freshness_last_seconds=11))}, "late"),
        ({"machine": machine(metrics=measured(probe_waiting_seconds=61))}, "lost"),
        ({"machine": machine(metrics=measured(
            sink_cut_timestamp_seconds=NOW.timestamp() - 121))}, "cut"),
        ({"machine": machine(metrics=measured(
            periodic_tick_timestamp_seconds=NOW.timestamp() - 301))}, "tick"),
        ({"stages": [stage("votes", 200_000, catch_up_s=None, lag_grows=True)]}, "behind"),
        ({"stages": [stage("votes", 200_000, catch_up_s=61.0)]}, "lagging"),
        ({"stages": [stage("semantics", 1_001)]}, "waiting_records"),
        ({"signals": Signals([seen()], {})}, "signal"),
        ({"waiting": [pending("w", "x", 25)]}, "moderation"),
        ({"letters": letters(60), "arrivals": Arrivals([arrived("FR", "tv", 50, 600)], {})},
         "refused"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_an_alarm_and_no_other(facts, expected):
    assert kinds(**facts) == [expected]


@pytest.mark.parametrize(
    "facts",
    [
        {"machine": machine([service("rebuild", ready=False)])},
        {"signals": Signals([seen("identical")], {})},
        {"waiting": [pending("w", "x", 23)]},
        {"letters": letters(49), "arrivals": Arrivals([], {})},
        {"stages": [stage("sink", 99_000)]},
    ],
)
def test_what_is_usual_is_no_alarm(facts):
    assert kinds(**facts) == []


def test_a_silent_consultation_is_named_and_not_each_of_its_countries():
    silent = Arrivals([arrived("FR", "tv", 0, 800), arrived("DE", "app", 0, 900)], {})
    assert kinds(arrivals=silent) == ["consultation_silent"]


def test_a_country_and_a_source_that_fell_silent_are_named():
    found = alarms(Facts(NOW, arrivals=Arrivals([
        arrived("FR", "tv", 500, 5_500), arrived("RO", "tv", 0, 900), arrived("FR", "app", 0, 700),
    ], {})))  # fmt: skip
    assert [(alarm.kind, alarm.key.split("/")[-1]) for alarm in found] == [
        ("country_silent", "RO"),
        ("source_silent", "app"),
    ]
    assert found[0].values["expected"] == 82


@pytest.mark.parametrize(
    "changed", [{"closes_at": ago(minutes=1)}, {"opens_at": NOW + timedelta(1)}]
)
def test_a_consultation_that_is_not_open_may_be_silent(changed):
    silent = Arrivals([arrived("FR", "tv", 0, 800)], {})
    assert kinds(arrivals=silent, consultations=[consultation(**changed)]) == []
    assert kinds(arrivals=silent, consultations=[consultation(closes_at=NOW + timedelta(1))])


def test_those_that_wake_somebody_come_first():
    night = {name: evening()[name] for name in ("signals", "arrivals")}
    found = alarms(Facts(NOW, **night, differences=[FailedCheck("a", "b", 1, 2)]))
    assert [alarm.level for alarm in found] == ["page", "warn", "warn", "warn"]


@pytest.mark.parametrize("kind", KINDS)
def test_each_alarm_is_explained_under_a_heading_of_the_manual(kind):
    headings = re.findall(r"^### (.+)$", MANUAL_PAGE.read_text(), re.MULTILINE)
    anchors = {re.sub(r"[^\w]+", "-", heading.lower()).strip("-") for heading in headings}
    assert KINDS[kind].heading in anchors


def test_the_manual_explains_no_alarm_that_does_not_exist():
    headings = re.findall(r"^### (.+)$", MANUAL_PAGE.read_text(), re.MULTILINE)
    anchors = {re.sub(r"[^\w]+", "-", heading.lower()).strip("-") for heading in headings}
    assert anchors == {kind.heading for kind in KINDS.values()}


def test_thresholds_are_those_of_the_alerts():
    alerts = (CHECKOUT / "infra" / "prometheus" / "alerts.yml").read_text()
    for threshold in (
        "tutti_freshness_last_seconds > 10",
        "tutti_probe_waiting_seconds > 60",
        "tutti_sink_cut_timestamp_seconds > 120",
        "tutti_periodic_tick_timestamp_seconds > 300",
        "sum(tutti_sink_lag_records) > 100000",
        "tutti_semantics_lag_proposals > 1000",
    ):
        assert threshold in alerts
