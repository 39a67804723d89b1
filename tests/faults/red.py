"""What each protection is good for: without it, the tests named here must be red.

``PYTHONPATH=tests python -m faults.red [WORD …]``: in a copy of the committed tree one protection
at a time is taken away and its tests are run. Exit status 1 if one of them stays green, or if the
text to replace is not there any more.
"""

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from faults.marking import MarkError, changed, file_of
from faults.protections import PROTECTIONS, Protection
from faults.recording import FOLDER, record
from places import CHECKOUT

from operators.flink import plan, votes

MAKE_THE_PLAN = {Path(module.__file__).name for module in (plan, votes)}
"""Files of ``operators/flink`` whose change makes another plan."""
RESULTS = FOLDER / "red.jsonl"
CHECK_AFTER_TEST = 'failed on teardown with "AssertionError'
TIME_OUT = "Failed: Timeout"
LOCAL_PATH = re.compile(r"(?<![\w.])/\w[^'\"),]*")
"""A path of this machine in what pytest says."""
GRAVEST = ("failure", "error", "skipped", "passed")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a test came to.

    Attributes:
        kind: passed, failure, error, skipped or missing. A failure is a check that did not hold,
            in the test or, as the reconciliation after each test, behind it; an error before the
            test, or a test that hangs, proves nothing.
        why: What pytest says of it.
    """

    kind: str
    why: str = ""


def _outcome(element: ET.Element) -> Outcome:
    """Of one phase of a test."""
    why = LOCAL_PATH.sub("…", " ".join(element.get("message", "").split()))
    if why.startswith(TIME_OUT):
        return Outcome("error", why)
    return Outcome("failure" if why.startswith(CHECK_AFTER_TEST) else element.tag, why)


def outcomes(folder: Path, tests: tuple[str, ...]) -> dict[str, Outcome]:
    """Run tests in a copy; by their names."""
    report = folder / "report.xml"
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-m", "", "--timeout", "3600"),
            *(f"--junit-xml={report}", *tests),
        ],
        cwd=folder,
        env=os.environ | {"TUTTI_JARS": str((CHECKOUT / "build" / "jars").resolve())},
        capture_output=True,
        check=False,
    )
    found: dict[str, Outcome] = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - our own file
        name = case.get("name", "")
        phases = [_outcome(element) for element in case if element.tag in GRAVEST]
        phases.append(found.get(name, Outcome("passed")))
        found[name] = min(phases, key=lambda phase: GRAVEST.index(phase.kind))
    return {test: found.get(test.split("::")[-1], Outcome("missing")) for test in tests}


def compile_plan(folder: Path) -> None:
    """The job runs the compiled plan, not the SQL: the test of the plan drafts the new one."""
    (folder / "build").mkdir(exist_ok=True)
    outcomes(
        folder, ("tests/operators/flink/test_plan.py::test_a_changed_plan_gets_a_new_version",)
    )
    draft = folder / "build" / f"votes-{plan.VERSION + 1}.json"
    if draft.exists():  # not all of the SQL is in the plan
        draft.replace(folder / "operators" / "flink" / "plans" / f"votes-{plan.VERSION}.json")


def without(protection: Protection) -> dict[str, Outcome]:
    """Take one protection away in a copy of the tree and run its tests."""
    with tempfile.TemporaryDirectory(prefix="tutti-red-") as name:
        folder = Path(name)
        archive = subprocess.run(
            ["git", "archive", "HEAD"], cwd=CHECKOUT, capture_output=True, check=True
        )
        subprocess.run(["tar", "-x"], cwd=folder, input=archive.stdout, check=True)
        try:
            file = file_of(folder, protection.name)
            file.write_text(changed(file.read_text(), protection.name, protection.change))
        except MarkError as error:
            return dict.fromkeys(protection.tests, Outcome("no mark", str(error)))
        if file.parent == folder / "operators" / "flink" and file.name in MAKE_THE_PLAN:
            compile_plan(folder)
        return outcomes(folder, protection.tests)


def main(words: list[str]) -> int:
    """Try the protections whose names hold one of the words; all without words."""
    green = 0
    for protection in PROTECTIONS:
        if words and not any(word in protection.name for word in words):
            continue
        found = without(protection)
        wrong = [
            f"{test}: {outcome.kind} {outcome.why}"
            for test, outcome in found.items()
            if outcome.kind != "failure"
        ]
        green += bool(wrong)
        record(
            RESULTS,
            {
                "scenario": protection.name,
                "verdict": "red" if wrong else "green",
                "wrong": wrong,
                "tests": [test.split("::")[-1] for test in protection.tests],
                "found": {test: outcome.why[:400] for test, outcome in found.items()},
            },
        )
        sys.stdout.write(f"{protection.name}: {wrong or 'red, as it must be'}\n")
        sys.stdout.flush()
    return int(green > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
