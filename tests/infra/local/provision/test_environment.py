"""The real uv makes an environment of exactly what is locked, resumes, and needs no network."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from small_checkouts import changed, given, program, ready, tree, with_java
from small_packages import locked, project, source, wheel

from infra.local.provision.checkout import Checkout
from infra.local.provision.main import ROOT, main

SCRIPTS = "[console_scripts]\ntutti = tutti:main\n"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index: a package, one that comes as source, and two tools that could build it."""
    folder = tmp_path / "index"
    for name, version in (("plain", "1"), ("plain", "2"), ("tool", "1"), ("tool", "2")):
        wheel(folder, name, version)
    source(folder, "built", "1", requires="tool")
    return folder


@pytest.fixture
def server(index: Path) -> Iterator[ThreadingHTTPServer]:
    """The index as pip and uv ask for it; its log says what was asked for."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(index))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def here(here: Checkout, index: Path, server: ThreadingHTTPServer) -> Checkout:
    """A checkout that lacks its environment only; its uv is this checkout's own."""
    real = Checkout(ROOT, {}).uv
    if not real.ready():
        pytest.skip("uv is not set up here: make setup fetches it")
    for name, text in project("tutti", "0", scripts=SCRIPTS).items():
        (here.root / name).write_text(text)
    here.lock("dev").write_text(locked(index / "plain/plain-1-py3-none-any.whl", built(index)))
    here.lock("build").write_text(locked(index / "tool/tool-1-py3-none-any.whl"))
    ready(here)
    with_java(here)
    here.environment.link.unlink()
    borrowed = here.uv.folder.with_name(f"{here.uv.folder.name}-borrowed")
    borrowed.symlink_to(real.link.resolve())
    here.uv.link.unlink()
    here.uv.link.symlink_to(borrowed.name)
    config = here.root.parent / "pip.conf"
    config.write_text(f"[global]\nindex-url = http://127.0.0.1:{server.server_port}/\n")
    return given(here, PIP_CONFIG_FILE=str(config))


def built(index: Path) -> Path:
    return index / "built" / "built-1.tar.gz"


def installed(here: Checkout) -> dict[str, str]:
    """What the environment holds."""
    infos = here.environment.link.glob("lib/python*/site-packages/*.dist-info")
    return dict(sorted(info.name.removesuffix(".dist-info").split("-", 1) for info in infos))


def test_exactly_the_locked_packages_are_installed_from_pips_index_and_once(
    here: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([], here) == 0, capsys.readouterr().err
    assert installed(here) == {"built": "1", "plain": "1", "tutti": "0"}
    tutti = [str(here.environment.link / "bin" / "tutti")]
    assert subprocess.run(tutti, capture_output=True, text=True, check=True).stdout == "tutti 0\n"
    before = tree(here.build)
    assert main([], here) == 0
    assert tree(here.build) == before


def test_what_was_fetched_before_is_not_fetched_again(
    here: Checkout, server: ThreadingHTTPServer
) -> None:
    assert main([], here) == 0
    old = here.environment.link.resolve()
    server.socket.close()
    changed(here, "requirements/dev.lock")
    assert main([], here) == 0
    assert here.environment.link.resolve() != old
    assert not old.exists()
    assert installed(here) == {"built": "1", "plain": "1", "tutti": "0"}


def test_a_changed_lock_file_brings_other_packages_and_takes_those_of_before_away(
    here: Checkout, index: Path
) -> None:
    assert main([], here) == 0
    here.lock("dev").write_text(locked(index / "plain/plain-2-py3-none-any.whl"))
    assert main([], here) == 0
    assert installed(here) == {"plain": "2", "tutti": "0"}


@pytest.mark.parametrize("lock", ["dev", "build"])
def test_a_package_or_a_tool_with_another_hash_is_refused_and_the_old_one_stays(
    here: Checkout, index: Path, lock: str, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = index / "plain/plain-1-py3-none-any.whl"
    here.lock("dev").write_text(locked(plain))
    assert main([], here) == 0
    old = here.environment.link.resolve()
    wrong = locked(index / "tool/tool-1-py3-none-any.whl", wrong=True)
    here.lock("dev").write_text(locked(plain, built(index), wrong=lock == "dev"))
    if lock == "build":
        here.lock("build").write_text(wrong)
    assert main([], here) == 1
    assert "Hash mismatch" in capsys.readouterr().err
    assert here.environment.link.resolve() == old


def test_a_source_package_is_built_with_locked_tools_only(
    here: Checkout, index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here.lock("build").write_text(locked(index / "plain/plain-2-py3-none-any.whl"))
    assert main([], here) == 1
    assert "no trusted hash was provided for: `tool`" in capsys.readouterr().err


def test_a_dependency_that_no_lock_file_names_is_found(
    here: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    needs = "Requires-Dist: absent\n"
    for name, text in project("tutti", "1", scripts=SCRIPTS, needs=needs).items():
        (here.root / name).write_text(text)
    assert main([], here) == 1
    assert "`absent`, but it's not installed" in capsys.readouterr().err
    assert not here.environment.link.exists()


def test_packages_without_hash_are_refused(here: Checkout) -> None:
    here.lock("dev").write_text("plain==1\n")
    assert main([], here) == 1
    assert not here.environment.link.exists()


def test_a_set_up_that_was_killed_is_resumed(here: Checkout) -> None:
    real = here.uv.link.resolve() / "bin" / "uv"
    here.uv.link.unlink()
    stand_in = here.uv.folder.with_name(f"{here.uv.folder.name}-standin")
    (stand_in / "bin").mkdir(parents=True)
    (stand_in / "bin" / "python").symlink_to(ROOT / "build" / "uv" / "bin" / "python")
    here.uv.link.symlink_to(stand_in.name)
    # It installs; then, before the packages are looked at, whoever called it is killed.
    dies = f'case "$*" in *"pip check"*) kill -KILL $PPID; exit ;; esac; exec {real} "$@"'
    program(stand_in / "bin", "uv", dies)
    command = [sys.executable, "-B", "-S", str(here.root / "infra/local/provision")]
    process = subprocess.run(command, env=dict(here.env), capture_output=True, check=False)
    assert process.returncode == -signal.SIGKILL
    (half_made,) = here.build.glob("venv-*")
    assert list(half_made.glob("lib/python*/site-packages/plain*"))
    assert not here.environment.ready()
    program(stand_in / "bin", "uv", f'exec {real} "$@"')
    assert main([], here) == 0
    assert installed(here) == {"built": "1", "plain": "1", "tutti": "0"}
    assert not half_made.exists()
