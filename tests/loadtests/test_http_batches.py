"""What is kept of the HTTP intake's load, and how it is told."""

from loadtests import http_batches as subject


def run(seconds: float, us: float) -> subject.HttpRun:
    return subject.HttpRun(
        votes=200_000,
        batch=500,
        connections=8,
        acknowledged_s=seconds,
        visible_s=seconds + 5,
        answer_ms=(80, 250),
        again=0,
        intake_us=us,
        intake_threads_us={"http": us - 1, "delivery": 1.0},
        intake_cores=0.5,
        senders_us=2.0,
        others_cores=1.4,
    )


def report(*runs: subject.HttpRun) -> subject.HttpReport:
    return subject.HttpReport(
        command="python -m loadtests http",
        date="2026-11-30 12:00 UTC",
        commit="abc",
        machine={"cores": "2"},
        versions={"Python": "3.11.2"},
        runs=list(runs),
    )


def test_the_page_shows_medians_with_their_spread_machine_and_versions(tmp_path):
    file = subject.keep(report(run(10, 20), run(8, 25), run(20, 22)), tmp_path / "http" / "x.json")
    page = subject.section(file)
    assert "| votes/s, acknowledged | 20,000 (10,000–25,000) |" in page
    assert "| HTTP intake, µs CPU per vote | 22.0 (20.0–25.0) |" in page
    assert "| HTTP intake, votes/s on a whole core | 45,455 (40,000–50,000) |" in page
    assert "cores 2, Python 3.11.2" in page
    assert "Batches of 500 votes, packed, over 8 connections" in page


def test_one_run_has_no_spread_and_nothing_kept_is_no_section(tmp_path):
    file = subject.keep(report(run(10, 20)), tmp_path / "one.json")
    assert "| votes/s, acknowledged | 20,000 |" in subject.section(file)
    assert subject.section(tmp_path / "none.json") == ""
