"""Checks of the programs that must be there."""

from pathlib import Path

import pytest
from small_checkouts import program, ready

from infra.local.provision import programs
from infra.local.provision.checkout import Checkout
from infra.local.provision.programs import check_java, check_python


@pytest.mark.parametrize(
    ("output", "verdict"),
    [
        ('openjdk version "17.0.15" 2025-04-15', ""),
        ('openjdk version "21" 2023-09-19', ""),
        ('java version "1.8.0_392"', "is Java 8"),
        ('openjdk version "11.0.22" 2024-01-16', "is Java 11"),
        ("a stub that installs Java", "does not run"),
    ],
)
def test_java_17_or_newer_is_needed(here: Checkout, tools: Path, output: str, verdict: str) -> None:
    program(tools, "java", f"echo '{output}' >&2")
    found = "".join(p.sentence for p in check_java(here))
    assert verdict in found
    assert bool(found) == bool(verdict)


def test_another_python_is_a_problem(here: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "python_minor", lambda: "3.13")
    assert [p.sentence for p in check_python(here)] == [
        "This is Python 3.13: use 3.11 or 3.12, e.g. with TUTTI_PYTHON=…"
    ]


def test_venv_is_needed_until_the_installer_is_there(
    here: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs.importlib.util, "find_spec", lambda _name: None)
    assert "has no `venv`: install it" in "".join(p.sentence for p in check_python(here))
    ready(here)
    assert list(check_python(here)) == []
