"""The commands, on a stack that is none: what they measure, keep, and how they end."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from infra.config.settings import Settings
from loadtests import __main__ as commands
from loadtests import report as page
from loadtests.bench import Bench, Measurement, ServiceCost
from loadtests.expected import Comparison

CAPACITY = 12_000


class NoStack(Bench):
    """A bench whose chain does CAPACITY votes a second, exactly or not."""

    wrong = 0

    def announce(self) -> None:
        pass

    def await_clusters(self) -> None:
        pass

    def idle(self) -> None:
        self.idle_cores = {"sink": 0.01}

    def _measure(self, plan) -> Measurement:
        excess_ms = max(plan.rate / CAPACITY - 1, 0) * plan.seconds * 1000
        measured = Measurement(
            votes=plan.count or int(plan.rate * plan.seconds),
            rate=plan.rate if plan.seconds else 0,
            sent_s=1.0,
            visible_s=2.0,
            votes_per_s=500,
            fresh_ms={"p50": 800, "p99": 900 + excess_ms, "markers": 9} if plan.seconds else {},
            rise_ms=excess_ms,
            lag_ms=(0, 0, 0),
            gap_ms=50,
            polls_per_s=20,
            others_cores=0.1,
            services={"sink": ServiceCost(5, 0.5, 100, {"python": 5.0}, restarted=False)},
        )
        self.runs.append(measured)
        return measured

    def check(self) -> Comparison:
        return Comparison(5, 7, self.wrong, "", (990, 990), 10, rejected_equal=True)


@pytest.fixture
def run(monkeypatch, tmp_path):
    @contextmanager
    def no_stack(_say) -> Iterator[Settings]:
        yield Settings()

    monkeypatch.setattr(commands, "Bench", NoStack)
    monkeypatch.setattr(commands, "own_stack", no_stack)
    monkeypatch.setattr(commands, "save", lambda made, name: page.save(made, name, tmp_path))

    def invoke(*arguments: str, code: int = 0) -> list[page.Report]:
        done = CliRunner().invoke(commands.app, arguments)
        assert done.exit_code == code, done.output
        return page.reports(tmp_path)

    return invoke


def test_bulk_keeps_its_runs_apart_from_the_cold_start(run) -> None:
    [kept] = run("bulk", "hot", "--votes", "1000", "--warm-up", "300", "--runs", "5", "--save")
    assert kept.cold is not None
    assert (kept.cold.votes, [r.votes for r in kept.runs]) == (300, [1000] * 5)
    assert page.render([kept]).count("5 runs") == 1


def test_nothing_is_kept_unless_asked_for(run) -> None:
    assert run("bulk", "hot", "--votes", "1000") == []


def test_a_run_takes_the_workloads_own_rate_if_none_is_given(run) -> None:
    [kept] = run("run", "peak", "--seconds", "10", "--save")
    assert [r.rate for r in kept.runs] == [2_500]


def test_a_replay_sends_the_whole_workload_to_a_fresh_stack(run) -> None:
    [kept] = run("replay", "weeuropeans", "--save")
    assert (kept.cold, [r.votes for r in kept.runs]) == (None, [11_300_000])


def test_the_capacity_is_searched_and_the_costs_of_the_best_rate_are_kept(run) -> None:
    [kept] = run("capacity", "steady", "--seconds", "30", "--save")
    best = max(t.rate for t in kept.trials if t.kept_up)
    assert 0.88 * CAPACITY <= best <= 1.06 * CAPACITY
    assert {r.rate for r in kept.runs} == {best}
    assert f"**{best:,.0f} votes/s**" in page.render([kept])


def test_wrong_numbers_are_a_failure_however_fast(run, monkeypatch) -> None:
    monkeypatch.setattr(NoStack, "wrong", 1)
    run("bulk", "hot", "--votes", "1000", code=1)


def test_a_report_says_where_and_with_what_it_was_made(run) -> None:
    [kept] = run("bulk", "hot", "--votes", "1000", "--save")
    assert {"processor", "cores", "memory"} <= set(kept.machine)
    assert {"Python", "Java", "Flink", "Kafka", "chDB", "librdkafka"} <= set(kept.versions)
    assert kept.settings["checkpoint_interval_ms"]
    assert kept.commit
    assert kept.date.endswith("UTC")
