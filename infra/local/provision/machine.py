"""Checks of the machine: system, memory, disk."""

import contextlib
import os
import platform
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from infra.local.provision.checkout import Checkout
from infra.local.provision.problem import Problem

GLIBC_MIN = (2, 28)  # the newest manylinux tag among the locked wheels
MEMORY_MIN_BYTES = 7 * 10**9
DISK_MIN_BYTES = 6 * 10**9


def check_machine(here: Checkout) -> Iterator[Problem]:
    """Linux x86-64 with glibc; others as far as they go, with the system's Redis."""
    system, machine = platform.system(), platform.machine()
    if (system, machine) == ("Linux", "x86_64"):
        name, version = platform.libc_ver()
        found = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
        if name != "glibc" or found < GLIBC_MIN:
            yield Problem(
                f"The C library is {name or 'not glibc'} {version}".rstrip()
                + ", but the locked packages need glibc 2.28 or newer: use e.g. Debian 12 or "
                "Ubuntu 22.04."
            )
    elif system in {"Linux", "Darwin"}:
        yield Problem(
            f"{system} on {machine} is best effort; Linux on x86-64 is what is tested.", fatal=False
        )
        if not shutil.which("redis-server", path=here.env.get("PATH")):
            yield Problem(
                f"No `redis-server` is on PATH, and no wheel brings one for {system} on "
                f"{machine}: install Redis with the system's package manager."
            )
    else:
        yield Problem(
            f"{system} on {machine} is not supported: use Linux on x86-64 (on Windows, WSL 2)."
        )


def check_memory(_here: Checkout) -> Iterator[Problem]:
    """Memory of the machine, or of the container around us when that is less."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = min([total, *cgroup_limits()])
    if limit < MEMORY_MIN_BYTES:
        yield Problem(
            f"There are {limit / 1e9:.1f} GB of memory, but 7 GB are needed: use a larger machine, "
            "or raise the container's limit."
        )


def cgroup_limits() -> Iterator[int]:
    """Memory limits of the control groups that this process is in, from the inside."""
    limits = [Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")]  # version 1
    with contextlib.suppress(OSError, IndexError):
        inner = Path("/proc/self/cgroup").read_text().strip().rsplit("::", 1)[1]
        group = Path("/sys/fs/cgroup") / inner.lstrip("/")
        limits += [folder / "memory.max" for folder in (group, *group.parents)]
    for file in limits:
        with contextlib.suppress(OSError, ValueError):
            yield int(file.read_text())


def check_folder(here: Checkout) -> Iterator[Problem]:
    """A checkout that can be written, with room for what is still missing."""
    if all(product.ready() for product in here.products):
        return
    for folder in (here.root, here.build):
        if folder.exists() and not os.access(folder, os.W_OK):
            yield Problem(
                f"{folder} is not writable for you: change its owner, or use another clone."
            )
    for link in (product.link for product in here.products):
        if link.exists() and not link.is_symlink():
            yield Problem(f"{link} is not from this set-up: move it out of the way.")
    free = shutil.disk_usage(here.root).free
    if free < DISK_MIN_BYTES:
        yield Problem(
            f"{free / 1e9:.1f} GB are free where {here.root} is, but 6 GB are needed: make room."
        )
