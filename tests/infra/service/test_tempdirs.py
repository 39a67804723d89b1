import os
import subprocess
import sys

from infra.config.settings import Settings
from infra.service.tempdirs import java_tempdir, tempdir


def ended_pid() -> int:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def test_what_a_dead_process_left_is_removed_and_what_others_use_is_kept(tmp_path):
    folder = tmp_path / "tmp"
    dead = folder / f"votes.{ended_pid()}"
    alive, other, own = (
        folder / name for name in (f"votes.{os.getppid()}", "clickhouse", f"votes.{os.getpid()}")
    )
    for made in (dead, alive, other, own):
        made.mkdir(parents=True)
        (made / "file").touch()
    assert tempdir(Settings(home=tmp_path), "votes") == own
    assert sorted(folder.iterdir()) == sorted([alive, other, own])
    assert (alive / "file").exists()
    assert not list(own.iterdir())


def test_java_keeps_its_temporary_files_there_even_with_a_space_in_the_path(tmp_path, monkeypatch):
    monkeypatch.setenv("JDK_JAVA_OPTIONS", "-Dothers=kept")
    home = tmp_path / "a home"
    environment = os.environ | java_tempdir(Settings(home=home), "votes")
    command = ["java", "-XshowSettings:properties", "-version"]
    report = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert f"java.io.tmpdir = {home / 'tmp'}/votes.{os.getpid()}\n" in report.stderr
    assert "others = kept\n" in report.stderr
