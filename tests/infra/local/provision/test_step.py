"""What the programs that install are told, and what is said when one fails."""

from pathlib import Path

import pytest
from small_checkouts import given, program

from infra.local.provision.checkout import Checkout
from infra.local.provision.lock import only_one
from infra.local.provision.step import Runner, StepError, may_write, tool_environment


def test_a_step_without_its_program_is_a_step_error(here: Checkout) -> None:
    with only_one(here) as lock, pytest.raises(StepError, match="Do this"):
        Runner(here, lock).run("Nothing", ["/nonexistent/program"], remedy="Do this.")


def test_the_first_command_that_succeeds_is_the_last_one_and_all_are_logged(
    here: Checkout, tools: Path
) -> None:
    program(tools, "no", "echo no, $NAME; exit 1")
    program(tools, "yes", "echo yes, $NAME")
    commands = [[str(tools / name)] for name in ("no", "yes", "no")]
    with only_one(here) as lock:
        Runner(here, lock).run("It", *commands, remedy="", NAME="you")
        assert "no, you\n" in (here.build / "setup.log").read_text()
        assert (here.build / "setup.log").read_text().endswith("yes, you\n")
        with pytest.raises(StepError, match=r"(?s)failed.*  \| no, me\n"):
            Runner(given(here, NAME="me"), lock).run("It", commands[0], remedy="", NAME="you")


def test_tools_get_the_users_configuration_but_install_nowhere_else(here: Checkout) -> None:
    report = {"PIP_INDEX_URL": "x", "HTTPS_PROXY": "y", "MAVEN_OPTS": "z", "UV_CACHE_DIR": "c"}
    elsewhere = {
        "PIP_TARGET": "/",
        "PYTHONPATH": "/",
        "VIRTUAL_ENV": "/",
        "UV_NO_BUILD_ISOLATION": "1",
    }
    env = tool_environment(given(here, **report, **elsewhere, PIP_USER="1", UV_NO_CONFIG="0"))
    assert env.items() >= report.items()
    assert not elsewhere.keys() & env.keys()
    assert (env["PIP_USER"], env["UV_NO_CONFIG"], env["UV_PYTHON_DOWNLOADS"]) == ("0", "1", "never")
    assert Path(env["TMPDIR"]).is_relative_to(here.root)


def test_uv_keeps_what_it_fetched_in_the_users_cache_or_in_the_checkout(
    here: Checkout, tmp_path: Path
) -> None:
    assert "UV_CACHE_DIR" not in tool_environment(here)
    assert "UV_CACHE_DIR" not in tool_environment(given(here, XDG_CACHE_HOME=str(tmp_path)))
    homeless = given(here, HOME=str(tmp_path / "file"))
    (tmp_path / "file").touch()
    assert Path(tool_environment(homeless)["UV_CACHE_DIR"]).is_relative_to(here.build)
    del homeless.env["HOME"]  # type: ignore[attr-defined]
    assert Path(tool_environment(homeless)["UV_CACHE_DIR"]).is_relative_to(here.build)


def test_a_folder_that_is_not_there_can_be_written_where_it_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert may_write(tmp_path / "new" / "folder")
    assert not may_write(tmp_path / "file" / "folder")
