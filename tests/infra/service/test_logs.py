"""Logs: one JSON object a line, and never more of them than the disk was promised."""

import json
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import structlog
from places import CHECKOUT

from infra.config.settings import Settings
from infra.local import supervisor
from infra.local.services import Health, Service
from infra.local.supervisor import LOG_BACKUPS, Supervisor, end_orphans
from infra.service.logs import configure_logging
from infra.service.waiting import wait_until

LINES = 8_000
CHATTER = f"""
import signal
import structlog
from infra.service.logs import configure_logging

configure_logging("chatter")
for number in range({LINES}):
    structlog.get_logger().info("written", number=number)
signal.pause()
"""
READ_BYTES = 2**17
"""supervisord looks at a log's size after each reading of its service's pipe, of at most this."""


@pytest.fixture
def as_before() -> Iterator[None]:
    """The other tests of this process log as they did."""
    yield
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_line_is_one_json_object_with_time_level_part_and_event(as_before, capsys):
    configure_logging("intake")
    log = structlog.get_logger()
    log.info("counted", votes=3, text='two\nlines, "quoted"', folder=Path("var"))
    log.warning("waiting")
    log.debug("not_said")
    counted, waiting = lines(capsys)
    for line in (counted, waiting):
        assert datetime.fromisoformat(str(line.pop("timestamp"))).utcoffset() == timedelta(0)
    values = {"votes": 3, "text": 'two\nlines, "quoted"', "folder": "PosixPath('var')"}
    assert counted == {"level": "info", "service": "intake", "event": "counted"} | values
    assert waiting == {"level": "warning", "service": "intake", "event": "waiting"}


def test_an_error_stands_with_its_traceback_on_the_same_line(as_before, capsys):
    configure_logging("intake")
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        structlog.get_logger().exception("failed")
    [line] = lines(capsys)
    assert (line["level"], line["event"]) == ("error", "failed")
    assert str(line["exception"]).endswith("ZeroDivisionError: division by zero")


def test_the_log_of_a_part_is_rotated_and_its_newest_lines_are_kept(tmp_path, monkeypatch):
    (tmp_path / "chatter.py").write_text(CHATTER)
    service = Service(
        "chatter", "chatter", 0, 1, lambda _settings, _pid: Health(ready=True, facts={})
    )
    monkeypatch.setattr(supervisor, "SERVICES", (service,))
    monkeypatch.setattr(
        supervisor, "CHECKOUT", tmp_path
    )  # the folder in which services are started
    monkeypatch.setattr(supervisor, "LOG_BYTES", 10_000)
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    settings = Settings(home=tmp_path / "home")
    newest = settings.logs / "chatter.log"
    earlier = [newest.with_name(f"chatter.log.{n}") for n in range(LOG_BACKUPS, 0, -1)]

    def kept() -> bytes:
        """From the oldest byte to the newest."""
        return b"".join(file.read_bytes() for file in [*earlier, newest] if file.exists())

    ours = Supervisor(settings)
    try:
        ours.launch()
        ours.start("chatter")
        assert wait_until(lambda: f'"number": {LINES - 1},'.encode() in kept(), 60, every_s=0.1)
        ours.shut_down()
    finally:
        end_orphans(settings)
        shutil.rmtree(settings.socket_dir, ignore_errors=True)
    assert set(settings.logs.glob("chatter*")) == {*earlier, newest}
    for file in earlier:
        assert 10_000 <= file.stat().st_size < 10_000 + READ_BYTES
    whole = kept().splitlines()[1:]  # the oldest line may have lost its beginning
    numbers = [json.loads(line)["number"] for line in whole]
    assert numbers == list(range(numbers[0], LINES))
    assert numbers[0] > 0
