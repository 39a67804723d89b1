"""The page is made of the files, and says what they say."""

import pytest

from loadtests.bench import Measurement, ServiceCost
from loadtests.capacity import Trial
from loadtests.expected import Comparison
from loadtests.report import PAGE, Report, render, reports, save


def measurement(visible_s: float, cpu_us: float) -> Measurement:
    return Measurement(
        votes=1_000,
        rate=5_000,
        sent_s=1.0,
        visible_s=visible_s,
        votes_per_s=1_000 / visible_s,
        fresh_ms={"p50": 800, "p99": 1_200, "max": 1_300, "markers": 20},
        rise_ms=3,
        lag_ms=(1, 2, 3),
        gap_ms=60,
        polls_per_s=20,
        others_cores=0.4,
        services={
            "sink": ServiceCost(cpu_us, 0.5, 100, {"python": 1.0}, restarted=False),
            "votes": ServiceCost(20, 0.5, 900, {}, restarted=False),
        },
    )


def report(**more) -> Report:
    return Report(
        **{
            "kind": "run",
            "workload": "steady",
            "about": "About it.",
            "command": "python -m loadtests run steady",
            "date": "2026-11-24 02:00 UTC",
            "commit": "abc",
            "machine": {"cores": "2"},
            "versions": {"Flink": "2.3.0"},
            "settings": {"parallelism": "None"},
            "idle_cores": {"sink": 0.01},
            "cold": measurement(9, 90),
            "runs": [measurement(s, us) for s, us in ((2, 5), (4, 7), (3, 6))],
            "comparison": Comparison(5, 7, 0, "", (990, 990), 10, rejected_equal=True),
        }
        | more
    )


def test_a_report_that_was_kept_is_read_again(tmp_path) -> None:
    save(report(), "run-steady", tmp_path)
    assert reports(tmp_path) == [report()]


def test_median_and_spread_of_the_runs_stand_beside_the_cold_start() -> None:
    page = render([report()])
    assert "| all visible after, s | 3.0 (2.0–4.0) | 9.0 |" in page
    assert "| µs CPU per vote, all services | 26.0 (25.0–27.0) | 110.0 |" in page
    assert "| sink | 6.0 (5.0–7.0) | 0.50 | 0.01 | 100 |" in page
    assert page.index("| votes | 20.0") < page.index("| sink | 6.0")
    assert "exact: **yes**" in page


@pytest.mark.parametrize(
    "wrong",
    [
        Comparison(5, 7, 1, "cell", (990, 990), 10, rejected_equal=True),
        Comparison(5, 7, 0, "", (990, 989), 10, rejected_equal=True),
        Comparison(5, 7, 0, "", (990, 990), 10, rejected_equal=False),
    ],
)
def test_wrong_numbers_are_not_called_exact(wrong: Comparison) -> None:
    assert "exact: **no**" in render([report(comparison=wrong)])


def test_a_part_that_was_restarted_is_named() -> None:
    one = measurement(2, 5)
    services = one.services | {"sink": ServiceCost(5, 0.5, 100, {}, restarted=True)}
    again = Measurement(
        **{f: getattr(one, f) for f in one.__struct_fields__} | {"services": services}
    )
    assert "| sink, restarted |" in render([report(runs=[one, again])])


def test_a_search_names_the_highest_rate_that_was_kept_up() -> None:
    trials = [
        Trial(5_000, kept_up=True, p99_ms=900, rise_ms=1),
        Trial(10_000, kept_up=False, p99_ms=9_000, rise_ms=4_000),
    ]
    page = render([report(kind="capacity", trials=trials, bound_ms=3_000, runs=[])])
    assert "**5,000 votes/s**" in page
    assert "| 10,000 | no | 9,000 | 4,000 |" in page


def test_the_page_is_made_of_the_reports_that_are_kept() -> None:
    assert PAGE.read_text() == render(reports()), "run: python -m loadtests report"
