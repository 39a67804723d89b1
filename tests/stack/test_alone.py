"""Stacks of their own, on the command line: the demo, and starts that cannot succeed."""

import os
import shutil
import socket
import subprocess
import sys
from unittest.mock import patch

import pytest
from stack.conftest import Stack
from stack.test_commands import kill_supervisor

from infra.config.settings import Settings
from infra.local.free_ports import free_port_base
from infra.local.supervisor import orphans

pytestmark = pytest.mark.alone


def test_the_demo_ends_by_itself_with_an_equal_verdict(tmp_path):
    base = free_port_base()
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli.main", "demo"],
        env=os.environ
        | {
            "TUTTI_HOME": str(tmp_path / "home"),
            "TUTTI_PORT_BASE": str(base),
            "DEMO_SECONDS": "12",
            "DEMO_RATE": "1500",
        },
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "verdict: equal" in done.stdout
    assert "What should Europe do next?" in done.stdout
    assert "votes/s" in done.stdout
    assert not orphans(
        stack_settings(tmp_path, base).model_copy(update={"home": tmp_path / "home" / "demo"})
    )
    shutil.rmtree(tmp_path / "home", ignore_errors=True)


def test_a_taken_port_is_named(tmp_path):
    base = free_port_base()
    other = Stack(stack_settings(tmp_path, base))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", base + 3))
        taken.listen()
        output = other.errors("up")
    assert str(base + 3) in output
    assert "TUTTI_PORT_BASE" in output
    assert not orphans(other.settings)


def test_up_names_the_part_that_does_not_start_and_shows_its_log(broken):
    output = broken.errors("up")
    assert "kafka" in output
    assert "ClassNotFoundException" in output


def test_up_ends_the_orphans_of_a_killed_supervisor(broken):
    before = {process.pid for process in orphans(broken.settings)}
    assert before
    kill_supervisor(broken)
    assert "left by a supervisor that is gone" in broken.run("up", code=1)
    assert not before & {process.pid for process in orphans(broken.settings)}


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """A stack whose Kafka does not start; the rest of it does."""
    folder = tmp_path_factory.mktemp("broken")
    (folder / "no-jars").mkdir()
    with patch.dict(os.environ, TUTTI_JARS=str(folder / "no-jars")):
        stack = Stack(stack_settings(folder, free_port_base()))
        yield stack
        stack.run("down")


def stack_settings(folder, base):
    return Settings(home=folder / "home", port_base=base)
