from operator_rows import NOW, machine, service

from infra.config.settings import Settings
from pipelines.live.operator.machine import Metrics, parsed, read_machine

TEXT = """\
# TYPE tutti_freshness_last_seconds gauge
tutti_freshness_last_seconds{service="probe"} 1.4
# TYPE tutti_http_intake_rejected counter
tutti_http_intake_rejected_total{service="http_intake",kind="votes",reason="bad_time"} 3
tutti_http_intake_rejected_total{service="http_intake-1",kind="votes",reason="bad_time"} 4
tutti_http_intake_rejected_total{service="http_intake",kind="votes",reason="empty"} 0
# TYPE tutti_freshness_seconds histogram
tutti_freshness_seconds_bucket{le="1"} 3
tutti_freshness_seconds_count 3
"""


def test_metrics_are_read_by_name_and_summed_over_services():
    metrics = parsed(TEXT)
    assert metrics.value("tutti_freshness_last_seconds") == 1.4
    assert metrics.by("tutti_http_intake_rejected_total", "kind", "reason") == {
        ("votes", "bad_time"): 7
    }
    assert metrics.value("tutti_freshness_seconds_bucket") is None
    assert Metrics().value("tutti_freshness_last_seconds") is None


def test_a_fact_is_a_number_that_a_service_says():
    assert machine().fact("votes", "checkpoint_age_ms") == 1_210
    assert machine().fact("votes", "nothing") is None
    assert machine([service("votes", blocked="a sentence")]).fact("votes", "blocked") is None


def test_where_nothing_runs_that_is_what_is_said(tmp_path):
    settings = Settings(home=tmp_path, port_base=64_000)
    found = read_machine(settings, lambda: int(NOW.timestamp() * 1000))
    assert {one.service for one in found.services} >= {"kafka", "sink", "live"}
    assert not [one for one in found.services if one.ready]
    assert found.metrics == Metrics()
    assert 0 < found.disk_free < found.disk_size
    assert 0 < found.disk_share < 1
    assert found.ends == {}
