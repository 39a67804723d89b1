"""What is installed: prerequisites, packages, Java archives."""

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from packaging.version import Version

from infra.config.folders import CHECKOUT
from infra.local.doctor.finding import Finding, some
from infra.local.doctor.patient import Patient
from infra.local.provision.checks import CHECKS as PROVISION_CHECKS
from infra.local.provision.jars import wrong_jars
from infra.local.provision.problem import Problem
from operators.core.wording import number_of


def check_prerequisites(patient: Patient) -> Iterator[Finding]:
    """System, Python, Java, Maven, memory, folder: as `make setup` checks them."""
    problems = [problem for check in PROVISION_CHECKS for problem in check(patient.checkout)]
    yield from map(_of_setup, problems)
    if not problems:
        yield Finding("prerequisites", "ok", "system, Python, Java and memory fit")


def _of_setup(problem: Problem) -> Finding:
    found, _, cure = problem.sentence.partition(": ")
    return Finding("prerequisites", "problem" if problem.fatal else "warning", found, cure)


def check_packages(_patient: Patient) -> Iterator[Finding]:
    """The installed packages are the locked ones."""
    lock = CHECKOUT / "requirements" / "runtime.lock"
    if not lock.exists():
        yield Finding("packages", "ok", "chosen by pip, not by the lock file of a checkout")
        return
    pins = r"^([A-Za-z0-9._-]+)==([^\s;]+) \\$"
    pinned = dict(re.findall(pins, lock.read_text(), re.MULTILINE))
    wrong = [
        f"{name} {found or 'missing'} instead of {wanted}"
        for name, wanted in pinned.items()
        if not (found := _installed(name)) or Version(found) != Version(wanted)
    ]
    if wrong:
        yield Finding("packages", "problem", some(wrong), "make setup")
    else:
        yield Finding("packages", "ok", f"{number_of(len(pinned), 'package')} as in the lock file")


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def check_jars(patient: Patient) -> Iterator[Finding]:
    """The Java archives are those of SHA256SUMS."""
    sums = patient.checkout.sums()
    wrong = wrong_jars(patient.settings.jars, sums)
    if wrong:
        yield Finding(
            "jars", "problem", f"missing or changed: {some(wrong)}", "make setup, or TUTTI_JARS"
        )
    else:
        yield Finding("jars", "ok", f"{number_of(len(sums), 'archive')} as in SHA256SUMS")
