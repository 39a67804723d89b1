"""Whether somebody still reads what is printed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TextIO

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
