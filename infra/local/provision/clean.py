"""Removes what set-up and the tools made."""

import shutil

from infra.local.provision.checkout import Checkout
from infra.local.provision.report import complain

CACHES = (".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache")
SOURCES = ("schemas", "operators", "models", "pipelines", "infra", "loadtests", "tests")


def clean(here: Checkout) -> int:
    """Remove everything that was made; data under ``var/`` stays. Returns the exit code."""
    if here.stack_runs():
        complain("clean: this checkout's stack is running: stop it with `make down`.")
        return 1
    venv = here.environment.link
    if venv.exists() and not venv.is_symlink():
        complain(f"clean: {venv} is not from this set-up and stays.")
    else:
        venv.unlink(missing_ok=True)
    made = [here.build, *(here.root / name for name in CACHES), *here.root.glob("*.egg-info")]
    for top in SOURCES:
        made += (here.root / top).rglob("__pycache__")
    for path in made:
        shutil.rmtree(path, ignore_errors=True)
    return 0
