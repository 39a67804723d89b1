"""The Python environment behind ``.venv``, and the command ``tutti`` in it."""

import os
import shutil
import sys
from pathlib import Path

from infra.local.provision.checkout import python_minor
from infra.local.provision.stamp import PROJECT_STAMP, STAMP, write_stamp
from infra.local.provision.step import FETCH_ATTEMPTS, Runner
from infra.local.provision.switch import switch


def install_venv(runner: Runner) -> None:
    """Make the Python environment in its own folder, then point ``.venv`` at it."""
    here = runner.here
    folder = here.build / f"venv-{python_minor()}-{here.venv_key[:12]}"
    python = str(folder / "bin" / "python")
    # Not ours but its base: when we run from an environment, the new one must outlive it.
    base = getattr(sys, "_base_executable", "") or sys.executable
    repair(folder)
    again = "Run `make clean` and `make setup` again."
    runner.run("Python environment", [base, "-I", "-m", "venv", str(folder)], again)
    remedy = (
        "Check the network, the proxy (HTTPS_PROXY) and pip's own configuration (`pip config "
        "list`), then run `make setup` again: it resumes."
    )
    install = [python, "-I", "-m", "pip", "install", "--require-hashes", "--no-deps"]
    for name, title in {"build": "Build tools", "dev": "Python packages (about 1.7 GB)"}.items():
        lock = str(here.root / "requirements" / f"{name}.lock")
        # Some packages come as source: they are built with the locked tools, not with fetched ones.
        # Not compiled: Python does it when it imports a module, and most are never imported.
        command = [*install, "--no-build-isolation", "--no-compile", "-r", lock]
        runner.run(title, command, remedy, attempts=FETCH_ATTEMPTS)
    runner.run("Packages fit together", [python, "-I", "-m", "pip", "check"], again)
    os.sync()  # the stamp must not reach the disk before the packages
    write_stamp(folder / STAMP, {"key": here.venv_key, "python": python_minor()})
    switch(here.venv, folder)


def repair(folder: Path) -> None:
    """Take out what a killed pip left half-done, so that pip installs it again.

    pip writes ``RECORD`` last: a package without it is incomplete, though pip would call it
    installed. Names that begin with ``~`` are packages that it was about to replace.
    """
    for packages in folder.glob("lib/python*/site-packages"):
        torn = [info for info in packages.glob("*.dist-info") if not (info / "RECORD").is_file()]
        for path in (*torn, *packages.glob("~*")):
            shutil.rmtree(path, ignore_errors=True)


def install_project(runner: Runner) -> None:
    """Install the checkout itself, so that ``.venv/bin/tutti`` exists; it needs no network."""
    here = runner.here
    command = [str(here.venv / "bin" / "python"), "-I", "-m", "pip", "install", "--no-deps"]
    runner.run(
        "The command tutti",
        [*command, "--no-build-isolation", "--no-index", "-e", str(here.root)],
        "Look at pyproject.toml, then run `make setup` again.",
        PIP_REQUIRE_HASHES="0",
    )
    write_stamp(here.venv / PROJECT_STAMP, {"key": here.project_key})
