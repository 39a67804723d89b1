"""Heartbeats say which process lives, whatever clock and disk do."""

from pathlib import Path

import pytest

from infra.config.settings import Settings
from infra.service.heartbeat import BEAT_MS, Heartbeat, last_beat

NOON_MS = 1_777_636_800_000
HOUR_MS = 3_600_000


def test_a_second_process_of_a_part_does_not_speak_for_the_first(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    Heartbeat(settings, "intake").beat(ready=True, of="the first")
    second = Settings(home=tmp_path, instance=1)
    Heartbeat(second, "intake").beat(ready=False, of="the second")
    beat, other = last_beat(settings, "intake"), last_beat(second, "intake")
    assert beat is not None
    assert other is not None
    assert (beat.healthy, beat.facts) == (True, {"of": "the first"})
    assert (other.healthy, other.facts) == (False, {"of": "the second"})


def test_a_clock_that_is_set_back_stops_no_heartbeat(tmp_path: Path) -> None:
    now = [NOON_MS]
    heartbeat = Heartbeat(Settings(home=tmp_path), "sink", clock=lambda: now[0])
    heartbeat.beat(ready=True)
    now[0] += BEAT_MS - 1
    assert not heartbeat.due()
    now[0] -= HOUR_MS
    assert heartbeat.due()


def test_a_heartbeat_of_a_future_that_was_set_back_is_none_of_a_healthy_service(
    tmp_path: Path,
) -> None:
    settings = Settings(home=tmp_path)
    Heartbeat(settings, "sink", clock=lambda: NOON_MS).beat(ready=True)
    beat = last_beat(settings, "sink", clock=lambda: NOON_MS - HOUR_MS)
    assert beat is not None
    assert not beat.healthy


def test_a_full_disk_stops_the_watching_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    heartbeat = Heartbeat(Settings(home=tmp_path), "sink")
    monkeypatch.setattr(Path, "write_text", full)
    heartbeat.beat(ready=True)
    assert last_beat(Settings(home=tmp_path), "sink") is None
