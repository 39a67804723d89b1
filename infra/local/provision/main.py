"""The command behind ``make setup`` and ``make clean``."""

import argparse
import os
from pathlib import Path

from infra.local.provision.checkout import Checkout
from infra.local.provision.checks import problems
from infra.local.provision.clean import clean
from infra.local.provision.install import install
from infra.local.provision.report import complain, say
from infra.local.provision.step import StepError

ROOT = Path(__file__).resolve().parents[3]


def main(arguments: list[str] | None = None, here: Checkout | None = None) -> int:
    """Check and, unless only that is asked for, install. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="setup", description="Set up this checkout.")
    parser.add_argument("mode", nargs="?", choices=("install", "check", "clean"), default="install")
    parser.add_argument(
        "--ports", choices=("fail", "warn"), default="fail", help="what a used port is"
    )
    asked = parser.parse_args(arguments)
    here = here or Checkout(ROOT, os.environ)
    if asked.mode == "clean":
        return clean(here)
    found = problems(here, ports_fatal=asked.ports == "fail")
    for problem in found:
        complain(f"setup: {'' if problem.fatal else 'note: '}{problem.sentence}")
    if any(problem.fatal for problem in found):
        complain("setup: nothing was changed.")
        return 1
    if asked.mode == "check":
        say("setup: every check passed.")
        return 0
    try:
        install(here)
    except StepError as error:
        complain(f"\nsetup: {error}")
        return 1
    except KeyboardInterrupt:
        complain("\nsetup: interrupted; the next `make setup` resumes.")
        return 130
    return 0
