"""The tasks of a tick."""

from pipelines.periodic.tasks import tasks
from schemas.dated_rules import NO_RULES

TASKS = tasks(lambda: NO_RULES, lambda: None)


def test_every_task_has_a_name_of_its_own():
    assert len({task.name for task in TASKS}) == len(TASKS)


def test_ranks_and_snapshots_do_not_wait_until_counting_has_caught_up():
    # What is published or searched gives way to counting; history must have no gap.
    at_once = [task.name for task in TASKS if not task.waits]
    assert at_once == ["stable_ranks", "closings", "history_snapshots"]
