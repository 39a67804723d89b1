"""Small checkouts that tests set up: set-up's own files, and archives of four bytes."""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from infra.local.provision.checkout import MODEL_SOURCES, Checkout
from infra.local.provision.checks import problems
from infra.local.provision.main import ROOT
from infra.local.provision.ports import port_is_used

TOOLS = ("bash", "sh", "dirname", "ls")


def tools(folder: Path, *names: str) -> Path:
    """A folder for PATH in which only some programs are."""
    folder.mkdir(exist_ok=True)
    for name in names:
        found = shutil.which(name)
        assert found, f"no {name} here"
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(found)
    return folder


def program(folder: Path, name: str, body: str) -> None:
    """A program of shell commands."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{body}\n")
    (folder / name).chmod(0o755)


def small_checkout(tmp_path: Path) -> Checkout:
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
    path = tools(tmp_path / "bin", *TOOLS)
    env = {"PATH": str(path), "HOME": str(tmp_path), "TUTTI_PORT_BASE": str(_free_base())}
    return Checkout(root, env)


def _free_base() -> int:
    first = 20000 + os.getpid() % 1000 * 10  # test processes side by side look in other places
    for base in range(first, 32000, 10):
        if not any(port_is_used(base + n) for n in range(10)):
            return base
    raise AssertionError("no ten free ports")


def with_java(here: Checkout) -> None:
    """Let set-up find a Java."""
    program(Path(here.env["PATH"]), "java", "echo 'version \"17\"' >&2")


def given(here: Checkout, **env: str) -> Checkout:
    """The same checkout with more environment variables."""
    return Checkout(here.root, {**here.env, **env})


def sentences(here: Checkout) -> str:
    """What the checks find."""
    return "\n".join(p.sentence for p in problems(here, ports_fatal=True))


def tree(folder: Path) -> dict[str, tuple[int, str]]:
    """Everything below a folder: time of change, and size or target."""
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mtime_ns,
            str(path.readlink()) if path.is_symlink() else str(path.lstat().st_size),
        )
        for path in folder.rglob("*")
    }


def ready(here: Checkout) -> None:
    """Make the checkout look as after a complete set-up."""
    here.build.mkdir()
    for product in here.products:
        with product.made() as folder:
            for name in product.files:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(b"jar\n")
    python = here.environment.link / "bin" / "python"
    python.unlink()
    python.symlink_to(sys.executable)


def changed(here: Checkout, name: str) -> None:
    """Change a file so that what was made of it is no longer the right one."""
    with (here.root / name).open("a") as file:
        file.write("\n")


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


def set_up(here: Checkout, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run setup.sh."""
    return subprocess.run(
        ["bash", here.root / "infra/local/setup.sh", *arguments],
        env=dict(here.env),
        capture_output=True,
        text=True,
        check=False,
    )
