"""Python's search for cycles is rare, and leaves alone what was there at the start."""

import subprocess
import sys

PROGRAM = """
import gc
from infra.service.gc_tuning import OBJECTS, tune_gc
kept = [[] for _ in range(1000)]
tune_gc()
searches = gc.get_stats()[0]["collections"]
made = [[] for _ in range(OBJECTS // 2)]
assert gc.get_stats()[0]["collections"] == searches, "half as many objects began a search"
assert gc.get_freeze_count() > 1000
more = [[] for _ in range(OBJECTS)]
assert gc.get_stats()[0]["collections"] > searches, "nothing is ever searched"
"""


def test_only_many_new_objects_begin_a_search():
    # In a process of its own: what is frozen stays so.
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=120)
