"""One thread for matrices: on a busy machine two wait for each other, turning all the time."""

import os
import sys
from typing import Final

_THREADS: Final = "OPENBLAS_NUM_THREADS"


def one_thread() -> None:
    """Begin this program anew, in the same process, with the setting that numpy reads at import."""
    if os.environ.get(_THREADS) != "1":
        os.execve(sys.executable, sys.orig_argv, os.environ | {_THREADS: "1"})  # noqa: S606
