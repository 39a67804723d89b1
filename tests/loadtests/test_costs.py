"""Costs are those of a stack's processes, of each that there is."""

import os

import pytest

from infra.config.settings import Settings
from infra.local.supervisor import Process
from loadtests import costs
from loadtests.costs import OBSERVER, Costs, threads_of


class OneAndAHalf:
    """A supervisor with a service that runs, this process, and one that stands by."""

    def __init__(self, _settings: Settings) -> None:
        pass

    def processes(self) -> dict[str, Process]:
        return {
            "sink": Process("RUNNING", os.getpid(), ""),
            "standby": Process("STOPPED", 0, "Not started"),
        }


def test_a_part_without_a_process_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(costs, "Supervisor", OneAndAHalf)
    read = Costs(Settings()).read()
    assert set(read.cpu_s) == set(read.pids) == {"sink", OBSERVER}
    assert read.cpu_s["sink"] > 0


def test_work_shows_in_the_costs_and_under_the_name_of_its_thread(monkeypatch) -> None:
    monkeypatch.setattr(costs, "Supervisor", OneAndAHalf)
    meter = Costs(Settings())
    before = meter.read()
    while meter.read().cpu_s[OBSERVER] < before.cpu_s[OBSERVER] + 0.05:
        sum(range(10_000))
    assert sum(threads_of(os.getpid()).values()) >= 0.05
