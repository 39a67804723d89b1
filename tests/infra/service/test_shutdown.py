"""A process that is asked to stop learns of it, and goes on until it is ready to."""

import os
import signal

import pytest

from infra.service.shutdown import stop_requested


@pytest.fixture(autouse=True)
def _former_handlers():
    former = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in former.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_sets_the_event(asked):
    stop = stop_requested()
    assert not stop.is_set()
    os.kill(os.getpid(), asked)
    assert stop.wait(60)
