"""A reader that has gone is told from one that still listens, in a process of its own."""

import subprocess
import sys

import pytest

ASKS = """
import sys
sys.stdin.readline()
from pipelines.cli.pipe import reader_is_gone
print(reader_is_gone(), file=sys.stderr)
print("to nobody, or to somebody", flush=True)
"""


@pytest.mark.parametrize("gone", [True, False])
def test_a_reader_that_has_gone_is_noticed_and_what_follows_fails_for_nobody(gone):
    with subprocess.Popen(
        [sys.executable, "-c", ASKS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as asked:
        assert asked.stdin
        assert asked.stdout
        assert asked.stderr
        if gone:
            asked.stdout.close()
        asked.stdin.write("\n")
        asked.stdin.close()
        assert asked.stderr.read() == f"{gone}\n"
        assert asked.wait() == 0
