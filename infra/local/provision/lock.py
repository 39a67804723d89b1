"""One set-up of a checkout at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from infra.local.provision.checkout import Checkout
from infra.local.provision.report import say


@contextmanager
def only_one(here: Checkout) -> Iterator[int]:
    """Hold the lock, so that two set-ups of one checkout do not meet."""
    here.build.mkdir(exist_ok=True)
    with (here.build / ".setup.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("setup: waiting for another set-up of this checkout to end")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()
