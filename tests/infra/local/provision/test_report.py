"""A step's line in a log and on a terminal."""

import pytest

from infra.local.provision import report
from infra.local.provision.report import Progress


@pytest.mark.parametrize(
    ("terminal", "output"),
    [
        (False, "setup: It …\nsetup: It … 31 s\nsetup: It: done in 40.0 s\n"),
        (
            True,
            "\rsetup: It … 2 s\rsetup: It … 31 s\rsetup: It … 32 s\rsetup: It: done in 40.0 s\n",
        ),
    ],
)
def test_a_log_is_told_seldom_and_a_terminal_every_second(
    terminal: bool,
    output: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = iter([0.0, 2.0, 31.0, 32.0, 40.0])
    monkeypatch.setattr(report.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(report.sys.stdout, "isatty", lambda: terminal)
    progress = Progress("It")
    for _ in range(3):
        progress.tick()
    progress.done()
    assert capsys.readouterr().out == output
