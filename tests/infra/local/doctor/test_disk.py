"""Room on the disk: how much, how long it lasts, and what logs take."""

import os

from patients import levels, patient

from infra.local.doctor import disk
from infra.local.doctor.disk import check_disk, check_logs
from infra.local.doctor.patient import Patient


def test_logs_that_outgrow_their_rotation_are_a_warning(tmp_path, monkeypatch):
    who = patient(tmp_path)
    who.settings.logs.mkdir(parents=True)
    (who.settings.logs / "stray.log").write_bytes(b"x" * 100_000)
    assert levels(check_logs(who)) == {"ok"}
    monkeypatch.setattr(disk, "LOG_BYTES", 10)
    assert levels(check_logs(who)) == {"warning"}


def test_growth_that_fills_the_disk_in_a_month_is_a_warning(tmp_path, monkeypatch):
    home = tmp_path / "home"
    (home / "secrets").mkdir(parents=True)
    key = home / "secrets" / "pseudonym.key"
    key.write_bytes(b"x" * 10_000_000)
    who = patient(tmp_path)
    day_later = key.stat().st_mtime * 1000 + 86_400_000
    who = Patient(who.settings, who.environment, lambda: int(day_later))
    free = 10_000_000_000

    def usage(_place):
        return type("Usage", (), {"free": free})

    monkeypatch.setattr(disk.shutil, "disk_usage", usage)
    assert levels(check_disk(who)) == {"ok"}  # 10 MB a day
    key.write_bytes(b"x" * 10_000_000)
    monkeypatch.setattr(disk, "size_of", lambda _home: 1_000_000_000)
    os.utime(key, (day_later / 1000 - 86_400,) * 2)
    [found] = check_disk(who)
    assert found.level == "warning"
    assert "10 days" in found.found
