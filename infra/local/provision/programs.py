"""Checks of the programs that must be there: Python, Java, Maven."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.local.provision.checkout import Checkout, python_minor
from infra.local.provision.jars import wrong_jars
from infra.local.provision.problem import Problem

JAVA_MIN = 17
_NAMED = 3  # archives named in a sentence


def check_python(here: Checkout) -> Iterator[Problem]:
    """Python 3.11 or 3.12, with ``venv`` until uv is there."""
    minor = python_minor()
    if minor not in {"3.11", "3.12"}:
        yield Problem(f"This is Python {minor}: use 3.11 or 3.12, e.g. with TUTTI_PYTHON=…")
    if not here.uv.ready() and not importlib.util.find_spec("ensurepip"):
        yield Problem(
            f"Python {minor} has no `venv`: install it (Debian, Ubuntu: apt-get install "
            f"python{minor}-venv)."
        )


def check_java(here: Checkout) -> Iterator[Problem]:
    """Java 17 or newer, for Kafka and Flink."""
    home = here.env.get("JAVA_HOME")
    java = f"{home}/bin/java" if home else shutil.which("java", path=here.env.get("PATH"))
    remedy = (
        f"install Java {JAVA_MIN} or newer (Debian, Ubuntu: apt-get install "
        "openjdk-17-jre-headless), or point JAVA_HOME at one"
    )
    if java is None:
        yield Problem(f"No Java is on PATH: {remedy}.")
        return
    # "1.8.0_392" is Java 8, "17.0.15" is Java 17
    version = output_of([java, "-version"], here.env) or ""
    found = re.search(r'version "(?:1\.)?(\d+)', version)
    if found is None:
        yield Problem(f"{java} does not run: {remedy}.")
    elif int(found[1]) < JAVA_MIN:
        yield Problem(f"{java} is Java {found[1]}: {remedy}.")


def check_maven(here: Checkout) -> Iterator[Problem]:
    """Maven, or a folder with the archives; neither once they are there."""
    if here.jars.ready():
        return
    if given := here.env.get("TUTTI_JARS"):
        wrong = wrong_jars(Path(given), here.sums())
        if wrong:
            yield Problem(
                f"TUTTI_JARS={given} lacks or changed {len(wrong)} of {len(here.sums())} archives "
                f"({', '.join(wrong[:_NAMED])}{', …' if len(wrong) > _NAMED else ''}): "
                "fill it as infra/jars/SHA256SUMS says, or unset TUTTI_JARS and use Maven."
            )
    elif output_of(["mvn", "--version"], here.env) is None:
        yield Problem(
            "No Maven that runs is on PATH: install it (Debian, Ubuntu: apt-get install maven), "
            "or give a folder of the archives with TUTTI_JARS=DIR."
        )


def output_of(command: list[str], env: Mapping[str, str]) -> str | None:
    """Return what a program prints, or None when it does not run."""
    try:
        done = subprocess.run(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
