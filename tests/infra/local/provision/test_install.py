"""Set-up does nothing the second time, and keeps what was whole when a step fails."""

from pathlib import Path

import pytest
from small_checkouts import changed, given, own_stack, program, ready, tree, with_java

from infra.local.provision.checkout import Checkout
from infra.local.provision.install import install
from infra.local.provision.main import main
from infra.local.provision.step import StepError, tool_environment


def test_the_second_run_changes_nothing_and_needs_no_tool(here: Checkout) -> None:
    ready(here)
    with_java(here)
    offline = given(here, PIP_INDEX_URL="http://127.0.0.1:9/", HTTPS_PROXY="http://127.0.0.1:9")
    before = tree(here.root)
    assert main([], offline) == 0
    assert tree(here.root) == before


def test_a_failing_step_shows_the_end_of_its_output_and_keeps_the_old_state(
    here: Checkout, tools: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ready(here)
    with (here.root / "infra/jars/SHA256SUMS").open("a") as sums:
        sums.write(f"{'0' * 64}  kafka/more.jar\n")
    with_java(here)
    program(tools, "mvn", '[ "$1" = --version ] || { echo "no route to host"; exit 1; }')
    before = here.jars.link.resolve()
    assert main([], here) == 1
    output = capsys.readouterr().err
    assert "  | no route to host" in output
    assert "run `make setup` again" in output
    assert here.jars.link.resolve() == before


def test_what_a_running_stack_may_use_is_deleted_once_it_has_ended(
    here: Checkout, tmp_path: Path
) -> None:
    ready(here)
    old = here.jars.link.resolve()
    sums = here.root / "infra/jars/SHA256SUMS"
    sums.write_text(sums.read_text().replace("k.jar", "l.jar"))
    for name in here.sums():
        (tmp_path / "given" / name).parent.mkdir(parents=True)
        (tmp_path / "given" / name).write_bytes(b"jar\n")
    with own_stack(here):
        install(given(here, TUTTI_JARS=str(tmp_path / "given")))
        assert here.jars.ready()
        assert old.is_dir()
    changed(here, "requirements/model.lock")
    with pytest.raises(StepError):
        install(here)
    assert not old.exists()


def test_what_was_fetched_stays_for_the_next_run(here: Checkout) -> None:
    ready(here)
    homeless = given(here, HOME="/dev/null")
    cache = Path(tool_environment(homeless)["UV_CACHE_DIR"])
    cache.mkdir()
    changed(here, "requirements/model.lock")
    with pytest.raises(StepError):
        install(homeless)
    assert cache.is_dir()
