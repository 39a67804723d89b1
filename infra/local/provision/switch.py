"""Links that are switched in one step; then what they left is deleted."""

import os
import shutil
from pathlib import Path

from infra.local.provision.checkout import Checkout


def switch(link: Path, folder: Path) -> None:
    """Point a link at a folder in one step; whoever looks sees the old one or the new one."""
    part = link.with_name(f".{link.name.lstrip('.')}.switch")
    part.unlink(missing_ok=True)
    part.symlink_to(os.path.relpath(folder, link.parent))
    part.replace(link)


def delete_stale(here: Checkout) -> None:
    """Delete what the links left, unless a running stack may still use it."""
    if here.stack_runs():
        return
    current = {link.resolve() for link in (here.venv, here.jars, here.models)}
    for kind in ("venv", "jars", "models"):
        for folder in here.build.glob(f"{kind}-*"):
            if folder.resolve() not in current:
                shutil.rmtree(folder, ignore_errors=True)
