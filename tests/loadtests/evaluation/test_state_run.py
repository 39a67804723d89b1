"""A run of the votes job: its cost is that of the job at work, and its growth is shown."""

from io import StringIO

from rich.console import Console

from loadtests.evaluation.state_run import StateRun, StateSample, drawn, line


def sample(votes: int, at_s: float, cpu_s: float, rss_mb: int = 900) -> StateSample:
    return StateSample(votes, at_s, cpu_s, rss_mb, 50, votes // 10_000, 300)


RUN = StateRun(
    "disk",
    [
        sample(10_000, 20, 30.0),
        sample(100_000, 25, 36.0),
        sample(300_000, 29, 44.0, 1_100),
        sample(1_000_000, 43, 81.0),
    ],
    7.25,
    0,
)


def test_the_first_tenth_is_not_part_of_the_cost():
    # In it Java compiles and takes 30 s of CPU, which 1,000,000 votes do not cause.
    assert RUN.cpu_us == 50.0
    assert RUN.votes_per_s == 50_000


def test_a_sample_is_found_by_its_votes():
    assert RUN.at(200_000).votes == 300_000
    assert RUN.at(5_000_000).votes == 1_000_000


def test_a_run_in_a_line_names_its_greatest_memory():
    assert line(RUN) == (
        "disk: 50.0 µs CPU a vote, 50,000 votes/s, 1,100 MiB resident, 100 MiB on disk,"
        " restart 7.2 s, 0 tallies differ"
    )


def test_growth_is_drawn_by_doublings_and_ends_with_the_end():
    screen = StringIO()
    short = StateRun("memory", [sample(10, 1, 1), sample(19, 2, 2), sample(21, 3, 3)], 1, 0)
    Console(file=screen, width=100).print(drawn([short]))
    rows = [one for one in screen.getvalue().splitlines() if "memory" in one]
    assert [row.split()[3] for row in rows] == ["10", "21"]
