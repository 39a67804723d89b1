"""The links ``.venv`` and ``build/jars``: switched in one step, then what they left is deleted."""

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
    """Delete earlier environments and archives, unless a running stack may still use them."""
    if here.stack_runs():
        return
    current = {here.venv.resolve(), here.jars.resolve()}
    for folder in (*here.build.glob("venv-*"), *here.build.glob("jars-*")):
        if folder.resolve() not in current:
            shutil.rmtree(folder, ignore_errors=True)
