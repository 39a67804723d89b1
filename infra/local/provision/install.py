"""Installs what is missing, step by step, each one repeatable."""

import shutil

from infra.local.provision.checkout import Checkout
from infra.local.provision.environment import install_environment
from infra.local.provision.jars import install_jars
from infra.local.provision.lock import only_one
from infra.local.provision.model import install_model
from infra.local.provision.step import Runner
from infra.local.provision.uv import install_uv


def install(here: Checkout) -> None:
    """Install what is missing.

    Raises:
        StepError: a step failed; what was complete before stays in use.
    """
    if all(product.ready() for product in here.products):
        return
    steps = (install_jars, install_uv, install_environment, install_model)
    with only_one(here) as lock:
        _tidy(here)
        here.temporary.mkdir()
        (here.build / "setup.log").write_bytes(b"")
        for product, step in zip(here.products, steps, strict=True):
            if not product.ready():
                step(Runner(here, lock))
        _tidy(here)


def _tidy(here: Checkout) -> None:
    """Delete what is left of other runs, unless a running stack may still use it."""
    shutil.rmtree(here.temporary, ignore_errors=True)
    if not here.stack_runs():
        for product in here.products:
            product.delete_stale()
