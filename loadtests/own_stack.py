"""A measurement's own stack: in a temporary folder, on free ports, removed afterwards."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from infra.config.settings import Settings
from infra.local import stack
from infra.local.free_ports import free_port_base
from operators.core.errors import TerminalError

ELSEWHERE: Final = ("kafka_brokers", "clickhouse_url", "analyst_url", "redis_url", "trust_rules")
"""Settings that name servers elsewhere; none of them may be set."""

Say = Callable[[str], None]


@contextmanager
def own_stack(say: Say) -> Iterator[Settings]:
    """A stack in a temporary folder, on free ports, removed afterwards.

    Raises:
        TerminalError: The settings name servers elsewhere, which must not get a workload's votes.
    """
    asked = Settings()
    for name in ELSEWHERE:
        if getattr(asked, name) is not None:
            raise TerminalError(
                f"Load tests start a stack of their own on this machine: unset TUTTI_{name.upper()}"
            )
    # The services read the environment. Votes of the probe would be accepted beside those of the
    # workload, and markers measure the same.
    os.environ["TUTTI_PROBE_SECONDS"] = "0"
    folder = Path(tempfile.mkdtemp(prefix="tutti-load-"))
    settings = Settings().model_copy(
        update={"home": folder / "home", "port_base": free_port_base()}
    )
    try:
        stack.up(settings, say)
        yield settings
    finally:
        stack.reset(settings)
        shutil.rmtree(folder, ignore_errors=True)
