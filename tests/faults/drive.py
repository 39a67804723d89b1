"""One scenario: load, fault, recovery, checks; its result is one line of JSON."""

import json
import os
import re
import subprocess
import time
from itertools import count as counter
from random import Random

from faults.checks import wrong
from faults.load import Load
from faults.recording import FOLDER
from faults.scenarios import Scenario
from faults.stage import NotOverError, Stage, await_that
from faults.truth import count
from faults.watcher import ServiceMemory, Watcher, bounds_mb

from loadtests.memory import PeakMemory
from operators.core.errors import TuttiError
from schemas.topics import VOTES

RATE = int(os.environ.get("PROVE_RATE", "10000"))
SEED = int(os.environ.get("PROVE_SEED", "20261124"))
PAIRS = int(os.environ.get("PROVE_PAIRS", "21"))
RESULTS = FOLDER / "faults.jsonl"
FIRST_S = 300
WARM_S = 30
AFTER_S = 120
"""How long the load goes on after a fault until the count is up to date again."""
SETTLE_S = 300
_runs = counter()
"""A soak runs a scenario more than once on the same stack."""


def run(stage: Stage, scenario: Scenario, *, seed: int = SEED, rate: int = RATE) -> dict:
    """Run a scenario; the result's ``wrong`` is empty if every promise was kept."""
    stage.random = Random(f"{seed}/{scenario.name}")
    stack = stage.stack
    name = re.sub("[^a-z0-9]+", "-", scenario.name.lower())
    load = Load(stack.settings, f"{name}-{next(_runs)}", seed, rate)
    starts = stage.ends(VOTES)
    watcher, memory = Watcher(stack, load.grow), PeakMemory(ServiceMemory(stack).sample)
    threads = (load, watcher, memory)
    for thread in threads:
        thread.start()
    found: list[str] = []
    caught_up = None
    fault_s = 0.0
    began = time.monotonic()
    tried = False
    stage.broken = True  # until all is well: what hangs is ended from outside
    try:
        try:
            await_that("the first votes are visible", lambda: watcher.newest_ms > 0, FIRST_S)
            watcher.await_fresh(load, WARM_S)
            stage.pause(2, 5)
            tried, fault_at = True, time.monotonic()
            found += scenario.fault(stage) or []
            fault_s = time.monotonic() - fault_at
            caught_up = watcher.await_fresh(load, AFTER_S)
            if caught_up is not None:
                stage.pause(2, 4)
        finally:
            loaded_s = time.monotonic() - began
            load.end()
        settle(stage)
        watcher.end()
        found += wrong(stack, count(load.acknowledged), (load.grow, load.vary), starts)
        found += scenario.after(stage) if scenario.after else []
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what the fault came to
        found.append(f"{type(error).__name__}: {error}"[:600])
    finally:
        watcher.end()
        memory.end()
    found += load.failed[:3]
    if watcher.steps_back:
        found.append(
            f"{len(watcher.steps_back)} steps back, e.g. {watcher.steps_back[:2]}, rows of the"
            f" first: {watcher.evidence}"
        )
    found += [
        f"{service} took {memory.peak_mb.get(service, 0)} MiB, over its bound of {bound}"
        for service, bound in bounds_mb(stack.settings).items()
        if memory.peak_mb.get(service, 0) > bound
    ]
    stage.broken = bool(found)
    return {
        "scenario": scenario.name,
        "group": scenario.group,
        "promise": scenario.promise,
        "verdict": "not tried" if not tried else "red" if found else "green",
        "wrong": found,
        "fault_s": round(fault_s, 1),
        "caught_up_s": None if caught_up is None else round(caught_up, 1),
        "worst_mb": memory.peak_mb,
        "messages": len(load.acknowledged),
        "rate": rate,
        "achieved_rate": round(len(load.acknowledged) / loaded_s),
        "looks": watcher.looks,
        "seed": seed,
    }


def settle(stage: Stage) -> None:
    """Wait until everything runs and everything sent is visible; nobody helps."""
    deadline = time.monotonic() + SETTLE_S
    while True:
        try:
            stage.await_ready(deadline - time.monotonic())
            stage.stack.sync(int(deadline - time.monotonic()))
        except (TuttiError, OSError) as error:
            if time.monotonic() > deadline:
                raise NotOverError(f"not caught up within {SETTLE_S} s: {error}") from error
            time.sleep(1)
        else:
            return


def recount(stage: Stage, group: str) -> dict:
    """The Beam recount of everything a group has sent."""
    began = time.monotonic()
    settle(stage)
    messages = sum(stage.ends(VOTES).values())
    found = []
    try:
        answer = json.loads(stage.stack.run("reconcile", "--json", seconds=1_800))
        if answer["verdict"] != "equal":
            found = [str(answer)[:600]]
    except (AssertionError, subprocess.SubprocessError) as error:
        found = [str(error)[:600]]
    stage.broken = bool(found)
    return {
        "scenario": f"recount of {group}",
        "group": group,
        "promise": "Beam's recount of the whole log of this group equals ClickHouse",
        "verdict": "red" if found else "green",
        "wrong": found,
        "messages": messages,
        "seconds": round(time.monotonic() - began, 1),
    }
