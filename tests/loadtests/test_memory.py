"""The greatest memory is kept, also of a service that is gone at the end."""

import os
from itertools import chain, repeat

import pytest
from faults.stage import await_that

from infra.config.settings import Settings
from infra.local.supervisor import Process
from loadtests import costs
from loadtests.costs import Costs
from loadtests.memory import watching_memory


def test_the_peak_of_each_service_is_kept_whenever_it_was() -> None:
    samples = chain([{"sink": 10}, {"sink": 90, "votes": 5}, {"votes": 7}], repeat({"votes": 6}))
    with watching_memory(lambda: next(samples), every_s=0.001) as peak_mb:
        await_that("all samples are taken", lambda: peak_mb == {"sink": 90, "votes": 7}, 60)
    assert peak_mb == {"sink": 90, "votes": 7}


def test_a_short_block_has_a_sample_of_its_end() -> None:
    size = {"sink": 1}
    with watching_memory(lambda: size, every_s=3_600) as peak_mb:
        await_that("the first sample is taken", lambda: peak_mb == {"sink": 1}, 60)
        size["sink"] = 8
    assert peak_mb == {"sink": 8}


def test_the_memory_of_real_processes_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    class OnlyThisProcess:
        def __init__(self, _settings: Settings) -> None:
            pass

        def processes(self) -> dict[str, Process]:
            return {"sink": Process("RUNNING", os.getpid(), "")}

    monkeypatch.setattr(costs, "Supervisor", OnlyThisProcess)
    with watching_memory(Costs(Settings()).memory_mb, every_s=0.01) as peak_mb:
        await_that("memory is sampled", lambda: peak_mb.get("sink", 0) > 10, 60)
        before_mb = peak_mb["sink"]
        much = b"\1" * (100 << 20)
        await_that("much is seen", lambda: peak_mb["sink"] > before_mb + 80, 60)
        del much
