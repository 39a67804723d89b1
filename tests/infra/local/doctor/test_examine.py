"""The doctor finds what is broken on purpose, says what to do, and changes nothing."""

import pkgutil
from importlib import import_module

from patients import levels, patient

from infra.local import doctor
from infra.local.doctor import disk
from infra.local.doctor import examine as examination
from infra.local.doctor.examine import CHECKS, examine
from infra.local.doctor.finding import Finding
from infra.local.doctor.memory import check_memory


def test_it_says_that_nothing_runs_and_checks_what_it_can(tmp_path):
    found = examine(patient(tmp_path))
    assert {"prerequisites", "packages", "jars", "ports", "disk", "memory", "secrets", "stack"} <= {
        finding.check for finding in found
    }
    assert "problem" not in levels(found), found
    [stack] = [finding for finding in found if finding.check == "stack"]
    assert (stack.level, stack.cure) == ("warning", "tutti up")
    assert not (tmp_path / "home").exists()


def test_every_finding_that_is_not_well_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "DISK_PROBLEM_BYTES", 10**18)
    found = examine(patient(tmp_path, jars=tmp_path / "none", flink_heap_mb=10**6))
    bad = [finding for finding in found if finding.level != "ok"]
    assert {finding.check for finding in bad} >= {"jars", "disk", "memory", "stack"}
    assert all(finding.cure for finding in bad)


def test_a_check_that_fails_is_a_problem_and_the_others_go_on(tmp_path, monkeypatch):
    def check_the_moon(_patient):
        raise OSError("too far")
        yield

    monkeypatch.setattr(examination, "CHECKS", (check_the_moon, check_memory))
    found = examine(patient(tmp_path))
    assert found[0] == Finding("the moon", "problem", "cannot be checked: OSError: too far")
    assert found[1].check == "memory"


def test_every_check_is_in_the_list():
    modules = [
        import_module(f"{doctor.__name__}.{module.name}")
        for module in pkgutil.iter_modules(doctor.__path__)
    ]
    named = {
        name
        for module in modules
        for name, thing in vars(module).items()
        if name.startswith("check_") and thing.__module__ == module.__name__
    }
    assert named == {check.__name__ for check in CHECKS}
