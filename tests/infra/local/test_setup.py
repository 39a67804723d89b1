"""setup.sh finds a Python that runs, and hands over to provision."""

import socket
import sys
from pathlib import Path

import pytest
from small_checkouts import given, program, set_up, small_checkout, tree

from infra.local.provision.checkout import Checkout


@pytest.fixture
def here(tmp_path: Path) -> Checkout:
    return small_checkout(tmp_path)


def test_everything_that_is_missing_is_listed_at_once_and_nothing_is_changed(
    here: Checkout,
) -> None:
    before = tree(here.root)
    with socket.create_server(("127.0.0.1", here.port_base + 3)):
        done = set_up(given(here, TUTTI_PYTHON=sys.executable))
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert [line.split(":")[1].strip() for line in lines] == [
        "No Java is on PATH",
        "No Maven that runs is on PATH",
        "In use on 127.0.0.1",
        "nothing was changed.",
    ]
    assert f"{here.port_base + 3} (Kafka)" in lines[2]
    assert tree(here.root) == before


def test_without_a_python_one_sentence_says_what_to_do(here: Checkout) -> None:
    done = set_up(here)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "apt-get install python3.11" in done.stderr


@pytest.mark.parametrize("version", ["3.10", "3.13"])
def test_a_named_python_of_another_version_is_refused(
    here: Checkout, tmp_path: Path, version: str
) -> None:
    program(tmp_path, "other", f"echo {version}")
    done = set_up(given(here, TUTTI_PYTHON=str(tmp_path / "other")))
    assert done.returncode == 1
    assert "is no Python 3.11 or 3.12 that runs" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_python_that_is_found_but_fails_is_passed_over(here: Checkout) -> None:
    tools = Path(here.env["PATH"])
    program(tools, "python3.11", "exit 127")
    (tools / "python3").symlink_to(getattr(sys, "_base_executable", sys.executable))
    done = set_up(here, "check")
    assert "No Java" in done.stderr  # provision ran
