"""Whether somebody still reads what is printed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TextIO

import pytest
from places import CHECKOUT

from pipelines.cli.pipe import reader_is_gone


@contextmanager
def printing() -> Iterator[tuple[TextIO, int]]:
    """Standard output goes into a pipe: that output, and the pipe's other end."""
    here, there = os.pipe()
    with os.fdopen(there, "w") as stream, redirect_stdout(stream):
        yield stream, here


def test_while_somebody_reads_everything_is_written():
    with printing() as (output, pipe):
        assert not reader_is_gone()
        output.write("all")
        output.flush()
        assert os.read(pipe, 10) == b"all"
        os.close(pipe)


def test_when_the_reader_is_gone_the_rest_goes_nowhere():
    with printing() as (output, pipe):
        output.write("never read")
        os.close(pipe)
        assert reader_is_gone()
        output.flush()
        output.write("nor this")


def test_a_file_and_a_closed_output_have_no_reader_to_lose(tmp_path):
    with (tmp_path / "file").open("w") as file, redirect_stdout(file):
        assert not reader_is_gone()
        file.close()
        assert not reader_is_gone()


CALLS = [
    ["--help"],
    ["--version"],
    ["top", "--help"],
    ["config", "show"],
    ["config", "show", "--json"],
    ["list"],
    ["list", "--json"],
    ["top", "acting"],
    ["top", "acting", "--json"],
    ["explain", "acting", "c0", "--sql"],
    ["query", "SELECT 1"],
]


def _run(commands, call, shell) -> subprocess.CompletedProcess[str]:
    line = f'exec "{sys.executable}" -m pipelines.cli.main "$@" {shell}'
    return subprocess.run(
        ["sh", "-c", line, "sh", *call], cwd=CHECKOUT, env=commands.environment(),
        stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no file here is always full")
@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_where_there_is_no_room_for_the_output_one_sentence_says_so(commands, call):
    ended = _run(commands, call, ">/dev/full")
    assert ended.returncode == 1
    assert ended.stderr == (
        "error: Something cannot be written (No space left on device): see where the output goes.\n"
    )


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_a_closed_output_is_no_error(commands, call):
    ended = _run(commands, call, "<&- >&-")
    assert (ended.returncode, ended.stderr) == (0, "")
