"""Python's search for cycles, in processes that make many objects and no cycles."""

import gc
from typing import Final

OBJECTS: Final = 200_000
"""More than a batch of the sink has messages."""


def tune_gc() -> None:
    """Search when so many objects are new, instead of 700: most searches would find a batch alive.

    What there is by now stays for good and is not searched again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS)
