"""Phases of grouping are added up without the runs on shuffled votes."""

from loadtests.evaluation.group_times import COUNTRY, NOISE_RUN, GroupingPhase, measure, total


def test_the_total_leaves_the_shuffled_run_out() -> None:
    phases = [
        GroupingPhase("read", 1, 2, 3),
        GroupingPhase(NOISE_RUN, 10, 20, 30),
        GroupingPhase(COUNTRY, 7, 8, 9),
    ]
    assert total([*phases, GroupingPhase("group", 4, 5, 6)]) == GroupingPhase("total", 5, 7, 9)


def test_a_small_consultation_is_grouped_and_each_phase_is_timed(monkeypatch) -> None:
    monkeypatch.setattr("loadtests.evaluation.group_times.os.nice", lambda _: 0)
    measured = measure(people=300, proposals=30, ballots=3_000, seed=1, runs=1)
    assert measured.k >= 2
    assert measured.ballots > 2_000
    [phases] = measured.runs
    assert [phase.name for phase in phases] == [
        "look for changes", "read", "group", "write", "read marts", COUNTRY, NOISE_RUN,
    ]  # fmt: skip
    assert all(phase.wall_s > 0 for phase in phases)
