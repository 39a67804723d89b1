"""A random walk: pairs of faults, one after the other, for as long as one likes.

``PYTHONPATH=tests python -m faults.soak --seed 7 --minutes 30``. The same seed takes the same walk;
where it was red, it says so and goes on with a new stack. Exit status 1 if anything was red.
"""

import argparse
import sys
import time
from random import Random

from faults.drive import RATE, RESULTS, recount, run
from faults.recording import record
from faults.scenarios import SCENARIOS, Scenario
from faults.stage import Stage


def both(first: Scenario, second: Scenario, number: int) -> Scenario:
    """One fault, and before its consequences are over another one."""

    def fault(stage: Stage) -> list[str]:
        found = first.fault(stage) or []
        stage.pause(0, 3)
        return found + (second.fault(stage) or [])

    name = f"{number}: {first.name}, then {second.name}"
    return Scenario(name, "soak", f"{first.promise}; {second.promise}", fault)


def main() -> int:
    """Walk."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=int, default=RATE)
    chosen = parser.parse_args()
    say = sys.stdout.write
    say(f"soak: --seed {chosen.seed} --minutes {chosen.minutes:g} --rate {chosen.rate}\n")
    # Only processes of one start see small disks, and some faults start everything anew.
    faults = [scenario for scenario in SCENARIOS if scenario.group != "disk"]
    random, ends = Random(chosen.seed), time.monotonic() + chosen.minutes * 60
    stage, red, number = None, 0, 0
    while time.monotonic() < ends:
        scenario = both(*random.sample(faults, 2), number)
        number += 1
        if stage is None:
            stage = Stage()
            stage.begin()
        say(f"{scenario.name} … ")
        sys.stdout.flush()
        result = record(RESULTS, run(stage, scenario, seed=chosen.seed, rate=chosen.rate))
        red += bool(result["wrong"])
        say(f"{result['verdict']}, caught up after {result['caught_up_s']} s\n")
        for line in result["wrong"]:
            say(f"    {line}\n")
        if stage.broken:
            stage.end()
            stage = None
    if stage is not None:
        result = record(RESULTS, recount(stage, "soak"))
        red += bool(result["wrong"])
        say(f"recount of {result['messages']:,} messages: {result['verdict']}\n")
        stage.end()
    return int(red > 0)


if __name__ == "__main__":
    sys.exit(main())
