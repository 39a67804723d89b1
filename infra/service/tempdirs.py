"""Folders for what a process needs only while it runs, within the installation."""

import os
import shutil
from pathlib import Path

import psutil

from infra.config.settings import Settings


def tempdir(settings: Settings, service: str) -> Path:
    """An empty folder of this process alone.

    What dead processes of the service left is removed: one that is killed cannot clear up, and
    Flink unpacks nearly 80 MB at each start.
    """
    root = settings.home.resolve() / "tmp"
    for left in root.glob(f"{service}.[0-9]*"):
        if not psutil.pid_exists(int(left.suffix.removeprefix("."))):
            shutil.rmtree(left, ignore_errors=True)
    own = root / f"{service}.{os.getpid()}"
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True, mode=0o700)
    return own


def java_tempdir(settings: Settings, service: str) -> dict[str, str]:
    """The environment in which Java keeps its temporary files in such a folder.

    Java heeds no TMPDIR. Not an option on a command line: PyFlink would split it at a space.
    """
    known = os.environ.get("JDK_JAVA_OPTIONS", "")
    folder = tempdir(settings, service)
    # protects: Java's temporary files within the installation
    return {"JDK_JAVA_OPTIONS": f'{known} -Djava.io.tmpdir="{folder}"'.strip()}
