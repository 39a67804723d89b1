"""Every alert fires when it must and is silent when not, as Prometheus itself computes it."""

import json
import re
import subprocess

import pytest
import yaml
from alert_cases import CASES, Case
from places import CHECKOUT

from infra.grafana.dashboards import DOCS_URL
from infra.service.metrics import METRICS

FOLDER = CHECKOUT / "infra" / "prometheus"
PAGE = CHECKOUT / "docs" / "howto" / "operators" / "alerts.md"
RULES = {
    rule["alert"]: rule
    for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
}
SILENT = [(name, why) for name, case in CASES.items() for why in case.silent]


def alerts_of(promtool, tmp_path, name, series, minute, expected) -> str:
    """What promtool says of the alerts that these series make; empty if it is as expected."""
    test = {
        "interval": "15s",
        "input_series": [{"series": key, "values": values} for key, values in series.items()],
        "alert_rule_test": [{"eval_time": f"{minute}m", "alertname": name, "exp_alerts": expected}],
    }
    # This rule alone: promtool would evaluate all forty at each of hundreds of moments.
    rules, file = tmp_path / "rules.yml", tmp_path / "test.yml"
    rules.write_text(json.dumps({"groups": [{"name": "one", "rules": [RULES[name]]}]}))
    document = {"rule_files": [str(rules)], "evaluation_interval": "15s", "tests": [test]}
    file.write_text(json.dumps(document))
    done = subprocess.run(
        [promtool, "test", "rules", str(file)], capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def expected_alert(name: str, case: Case) -> dict[str, object]:
    rule = RULES[name]
    return {
        "exp_labels": {"severity": rule["labels"]["severity"], **case.labels},
        "exp_annotations": {
            "summary": case.summary,
            "runbook_url": rule["annotations"]["runbook_url"],
        },
    }


def test_every_alert_has_a_case_and_reasons_to_be_silent():
    assert CASES.keys() == RULES.keys()
    assert all(case.silent for case in CASES.values())


@pytest.mark.parametrize("name", CASES)
def test_it_fires_when_it_must(promtool, tmp_path, name):
    case = CASES[name]
    expected = [expected_alert(name, case)]
    assert not alerts_of(promtool, tmp_path, name, case.fires, case.minute, expected)


@pytest.mark.parametrize(("name", "why"), SILENT)
def test_it_is_silent_when_not(promtool, tmp_path, name, why):
    case = CASES[name]
    assert not alerts_of(promtool, tmp_path, name, case.silent[why], case.minute, [])


@pytest.mark.parametrize("name", CASES)
def test_without_any_series_it_is_silent(promtool, tmp_path, name):
    series = {"up{job='node'}": "1x400"}
    assert not alerts_of(promtool, tmp_path, name, series, CASES[name].minute, [])


@pytest.mark.parametrize(
    "arguments", [("config", "prometheus.yml"), ("rules", "alerts.yml")], ids=lambda pair: pair[0]
)
def test_promtool_finds_no_fault(promtool, arguments):
    what, file = arguments
    command = [promtool, "check", what, file]
    if what == "config":
        # The password file is made by the installation.
        command.insert(3, "--syntax-only")
    else:
        command.insert(3, "--lint-fatal")
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", RULES)
def test_an_alert_names_known_metrics_and_leads_to_what_to_do(name):
    rule = RULES[name]
    known = {sample for metric in METRICS.values() for sample in metric.samples}
    named = set(re.findall(r"\b(?:tutti|flink)_\w+", rule["expr"]))
    assert named <= known
    assert named or name == "TuttiNotScraped"
    assert rule["labels"]["severity"] in {"page", "warn"}
    url = rule["annotations"]["runbook_url"]
    assert url == f"{DOCS_URL}/howto/operators/alerts.html#{name}"
    row = next(line for line in PAGE.read_text().splitlines() if f'<a id="{name}"></a>' in line)
    _, what, meaning, cure, _ = (cell.strip() for cell in row.split("|"))
    assert f"`{name}`" in what
    assert meaning
    assert cure


def test_the_page_names_no_alert_that_is_none():
    assert re.findall(r'<a id="(\w+)"></a>', PAGE.read_text()) == list(RULES)
