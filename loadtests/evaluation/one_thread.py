"""One thread for products of matrices: on a busy machine two threads spin and wait."""

import os
import sys
from typing import Final

_THREADS: Final = "OPENBLAS_NUM_THREADS"


def one_thread() -> None:
    """Execute this program again in its process, with the setting that numpy reads at import."""
    if os.environ.get(_THREADS) != "1":
        os.execve(sys.executable, sys.orig_argv, os.environ | {_THREADS: "1"})  # noqa: S606
