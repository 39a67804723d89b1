"""Installs what is missing, step by step, each one repeatable."""

import shutil

from infra.local.provision.checkout import Checkout
from infra.local.provision.environment import install_project, install_venv
from infra.local.provision.jars import install_jars
from infra.local.provision.lock import only_one
from infra.local.provision.model import install_model
from infra.local.provision.step import Runner
from infra.local.provision.switch import delete_stale


def install(here: Checkout) -> None:
    """Install what is missing.

    Raises:
        StepError: a step failed; what was complete before stays in use.
    """
    steps = (
        (here.jars_ready, install_jars),
        (here.venv_ready, install_venv),
        (here.project_ready, install_project),
        (here.models_ready, install_model),
    )
    if all(ready() for ready, _ in steps):
        return
    with only_one(here) as lock:
        scratch = here.build / "tmp"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        (here.build / "setup.log").write_bytes(b"")
        for ready, step in steps:
            if not ready():
                step(Runner(here, lock))
        shutil.rmtree(scratch, ignore_errors=True)
        delete_stale(here)
