"""The page of faults: complete, and honest about what was red."""

from faults.actions import KILLABLE
from faults.drive import PAIRS
from faults.report import GROUPS, not_run, page
from faults.scenarios import SCENARIOS, pairs

from infra.local.services import SERVICES

MACHINE = {"processor": "Fast", "cores": "2", "memory": "24 GiB", "system": "Linux"}


def result(**more):
    return {
        "scenario": "kill sink",
        "group": "kill",
        "promise": "starts anew",
        "verdict": "green",
        "wrong": [],
        "fault_s": 0.2,
        "caught_up_s": 2.5,
        "worst_mb": {"votes": 2100, "sink": 200},
        "messages": 1000,
        "rate": 10_000,
        "achieved_rate": 9_990,
        "seed": 7,
        "at": "2026-11-24T03:00:00+00:00",
        "commit": "abc",
        "machine": MACHINE,
    } | more


def test_every_group_has_a_heading_and_every_scenario_a_name_of_its_own():
    every = (*SCENARIOS, *pairs(7, 21))
    assert {scenario.group for scenario in every} <= set(GROUPS)
    assert len({scenario.name for scenario in every}) == len(every)


def test_every_part_is_killed_alone_and_a_scenario_without_result_is_a_row():
    always = {service.name for service in SERVICES if not service.on_demand} - {"probe"}
    kills = {f"kill {service}" for service in (*always, "supervisord")}
    assert {scenario.name for scenario in SCENARIOS if scenario.group == "kill"} == kills
    missing = not_run([result()])
    assert len(missing) == len(SCENARIOS) + PAIRS - 1
    rows = [line for line in page([result()], [], missing).splitlines() if "| not run |" in line]
    assert len(rows) == len(missing)


def test_the_seed_chooses_the_pairs():
    seven, again, eight = ([p.name for p in pairs(seed, 5)] for seed in (7, 7, 8))
    assert seven == again != eight
    assert len(pairs(7, 21)) == len(KILLABLE) * (len(KILLABLE) - 1) / 2


def test_what_was_red_is_said_in_words():
    broken = result(scenario="kill kafka", verdict="red", wrong=["tally cells: 1 missing"])
    recount = result(scenario="recount of kill", messages=2000)
    text = page([result(), broken, recount], [])
    assert "2 of 3 promises kept that were tried; 2,000 messages recounted by Beam." in text
    assert "| kill sink | starts anew | green | 0.2 | 2.5 | votes 2,100 | 9,990 | 7 abc |" in text
    assert "**red**" in text
    assert "- **kill kafka**: tally cells: 1 missing" in text


def test_a_protection_nobody_notices_is_named():
    row = result(scenario="FINAL", verdict="red", wrong=["x: passed"], tests=["x"])
    assert "| FINAL | `x` | **not red** |  | abc |" in page([result()], [row])


def test_it_is_shown_what_a_test_said_without_its_protection():
    row = result(scenario="FINAL", tests=["x"], found={"x": "assert [1] == [2 | 3]"})
    assert "| as expected | `assert [1] == [2 / 3]` |" in page([result()], [row])
