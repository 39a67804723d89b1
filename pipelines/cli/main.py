"""The command ``tutti``: what it can say at once it says without importing anything.

Help, version and unknown commands need the names of the commands only; every other call needs
Typer, and a command what it imports itself. `pipelines.cli.error_sentences` tells what went wrong.
"""

import errno
import os
import sys
from io import TextIOWrapper
from typing import Final

from pipelines.cli.commands import COMMANDS, VERSION, overview, unknown
from pipelines.cli.pipe import nobody_reads, reader_is_gone

COMPLETING = "_TUTTI_COMPLETE"
"""The variable by which a shell asks what could follow."""

NO_ROOM: Final = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EBADF}
)
"""Why a file or a terminal cannot take what is printed, though the command is right."""


def main() -> None:
    """Run a command; an error of ours is one sentence and exit status 1."""
    os.umask(0o077)  # whatever a command writes is for nobody else
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # letters that a terminal does not have
    try:
        status = None if COMPLETING in os.environ else _at_once(sys.argv[1:])
        status = _run() if status is None else status
        sys.stdout.flush()
    except BrokenPipeError:
        if not reader_is_gone():
            raise
        status = 0
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        from pipelines.cli.error_sentences import complain

        nobody_reads()
        complain(f"Something cannot be written ({error.strerror}): see where the output goes.")
        status = 1
    sys.exit(status)


def _open_closed_streams() -> None:
    """Where the caller has closed a stream, what is printed goes nowhere, and nothing is read."""
    for descriptor, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
            setattr(sys, name, os.fdopen(descriptor, mode, encoding="utf-8"))


def _at_once(arguments: list[str]) -> int | None:
    """Answer what needs no command, and return the exit status; None if a command must run."""
    first = arguments[0] if arguments else ""
    if first in {"", "--help"}:
        columns = os.get_terminal_size(1).columns if os.isatty(1) else 80
        (sys.stdout if first else sys.stderr).write(overview(columns))
        return 0 if first else 2
    if first == "--version":
        sys.stdout.write(f"tutti {VERSION}\n")
        return 0
    if first not in COMMANDS and not first.startswith("-"):
        from pipelines.cli.error_sentences import complain

        complain(unknown(first))
        return 2
    return None


def _run() -> int:
    from pipelines.cli.app import app

    try:
        app(prog_name="tutti")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        from pipelines.cli.error_sentences import complain, sentences

        lines = sentences(error)
        if not lines:
            raise
        for sentence in lines:
            complain(sentence)
        return 1
    return 0


if __name__ == "__main__":
    main()
