"""What reads our output may have had enough, as ``head`` has: that is no error."""

import os
import sys


def reader_is_gone() -> bool:
    """Whether nobody reads standard output any more; what is still written then goes nowhere."""
    import select

    poll = select.poll()
    try:
        poll.register(sys.stdout.fileno(), select.POLLOUT)
        gone = any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
    except (OSError, ValueError):  # it is closed, or no file at all
        return False
    if gone:
        nobody_reads()
    return gone


def nobody_reads() -> None:
    """What is still written to standard output goes nowhere from now on."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
