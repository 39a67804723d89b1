"""Every fault of `scenarios`, on real processes under load; ``make prove`` runs them.

A test here is red if any number, anywhere, is not what a naive recount says.
"""

from collections.abc import Iterator
from itertools import groupby

import pytest
from faults.drive import PAIRS, RESULTS, SEED, recount, run
from faults.recording import record
from faults.scenarios import SCENARIOS, Scenario, pairs
from faults.stage import Stage, private_mounts

pytestmark = pytest.mark.prove


def everything() -> Iterator[object]:
    """Group after group, each with the recount of its whole log at its end."""
    for group, scenarios in groupby((*SCENARIOS, *pairs(SEED, PAIRS)), lambda it: it.group):
        for scenario in (*scenarios, None):
            name = scenario.name if scenario else f"recount of {group}"
            yield pytest.param(group, scenario, id=name.replace(" ", "-"))


@pytest.fixture(scope="module")
def stages() -> Iterator[dict[str, Stage]]:
    """The one stack that runs, under the name of its group."""
    running: dict[str, Stage] = {}
    yield running
    for stage in running.values():
        stage.end()


@pytest.mark.parametrize(("group", "scenario"), [*everything()])
def test_every_number_is_right_after(
    stages: dict[str, Stage], group: str, scenario: Scenario | None
) -> None:
    if group == "disk" and private_mounts() is None:
        pytest.skip("neither root nor user namespaces: no small file system can be made")
    for name in [name for name, stage in stages.items() if name != group or stage.broken]:
        stages.pop(name).end()
    if group not in stages:
        if scenario is None:
            pytest.skip("nothing is left to recount: the last fault of this group was not survived")
        stages[group] = Stage(small_disks=group == "disk")
        stages[group].begin()
    stage = stages[group]
    result = run(stage, scenario) if scenario else recount(stage, group)
    record(RESULTS, result)
    assert not result["wrong"], result
