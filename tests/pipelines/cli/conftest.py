"""A ClickHouse that holds what strangers wrote, and commands that run against it."""

import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from clickhouse_server import insert_consultation, show_epoch
from places import CHECKOUT, FIXTURES
from ready_clickhouse import ready_clickhouse
from whole_consultation import insert_whole

from infra.clickhouse.client import connect
from infra.clickhouse.closings import keep_result
from infra.config.settings import Settings

RUN_EACH = """
import contextlib, io, json, sys
for line in sys.stdin:
    sys.argv = ["tutti", *json.loads(line)]
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        from pipelines.cli import output
        for screen in (output.console, output.errors):
            vars(screen).pop("screen", None)  # made anew for each call, as in a process of its own
        from pipelines.cli.main import main
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    texts = [stream.buffer.getvalue().decode() for stream in (out, err)]
    sys.__stdout__.write(json.dumps([code, *texts]) + "\\n")
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Commands:
    """Commands that run against one ClickHouse.

    Attributes:
        settings: Where it is.
        titles: Consultation → title.
        texts: Consultation → proposal → text.
    """

    settings: Settings
    titles: dict[str, str]
    texts: dict[str, dict[str, str]]

    def environment(self, **more: str) -> dict[str, str]:
        return {
            **os.environ,
            "TUTTI_HOME": str(self.settings.home),
            "TUTTI_PORT_BASE": str(self.settings.port_base),
            **more,
        }

    def each(self, calls: list[list[str]], **more: str) -> list[Ended]:
        """Run calls one after the other in one process: an exception that escapes ends it."""
        done = subprocess.run(
            [sys.executable, "-c", RUN_EACH],
            cwd=CHECKOUT,
            env=self.environment(**more),
            input="".join(json.dumps(call) + "\n" for call in calls),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [Ended(*json.loads(line)) for line in done.stdout.splitlines()]

    def on_a_terminal(self, *call: str, until: str = "", rows: int = 24, columns: int = 80) -> str:
        """What a command writes on a terminal of that size, standard error included.

        Args:
            call: The command.
            until: Ctrl-C is pressed when this has been written; empty: the command ends itself.
            rows: Lines of the terminal.
            columns: Its columns.
        """
        here, there = pty.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environment = self.environment(TERM="xterm-256color")
        for name in ("COLUMNS", "LINES", "NO_COLOR"):
            environment.pop(name, None)
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli.main", *call],
            cwd=CHECKOUT, env=environment, stdin=there, stdout=there, stderr=there,
        )  # fmt: skip
        os.close(there)
        written = b""
        try:
            while piece := os.read(here, 65_536):
                written += piece
                if until and until.encode() in written:
                    process.send_signal(signal.SIGINT)
                    until = ""
        except OSError:  # the terminal's other end is closed
            pass
        os.close(here)
        assert process.wait() in {0, 1}
        return written.decode().replace("\r\n", "\n")


def cases() -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """The texts of the cases, and of what else acts on terminals, markup and formats."""
    titles: dict[str, str] = {}
    texts: dict[str, dict[str, str]] = {}
    for file in sorted((FIXTURES / "cases").glob("*/*.jsonl")):
        for line in file.read_text().splitlines():
            message = json.loads(line)
            if "title" in message:
                titles[message["consultation_id"]] = message["title"]
            elif "text" in message:
                of = texts.setdefault(message["consultation_id"], {})
                of[message["proposal_id"]] = message["text"]
    texts["acting"] = {
        "c0": "bell \x07 back \x08 form \x0c escape \x1b[2J null \x00 end",
        "c1": "csi \x9b31m osc \x9d0;owned\x9c del \x7f end",
        "bidi": "left \u202e right \u2066 isolate \u2069 mark \u200f end",
        "zero": "zero\u200bwidth \ufeff tag \U000e0041 filler \u3164 soft\xadhyphen end",
        "markup": "[bold]bold[/] [link=https://x.example]link[/link] [/] \\[x] :smile: [[a]] end",
        "formats": "%s {x} {0} $(id) `id` \\n \\u001b 100 % 'quoted' \"doubly\" end",
        "lines": "one\ntwo\r\nthree\x85four\u2028five\tsix\x0bseven end",
        "wide": "幅の広い文字" * 20 + " end",
        "marks": "z" + "\u0301" * 40 + " end",
        "word": "x" * 900 + " end",
    }
    titles["acting"] = "Title \x1b]0;owned\x07 [/b] \u202e \x9b31m [red]red[/] end"
    for consultation in texts:
        titles.setdefault(consultation, f"About {consultation}")
    return titles, texts


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Commands:
    home: Path = tmp_path_factory.mktemp("strangers")
    titles, texts = cases()
    with ready_clickhouse(home) as settings:
        client = connect(settings)
        show_epoch(client)
        for number, (consultation, of) in enumerate(texts.items(), start=1):
            insert_whole(client, consultation, titles[consultation], of, number=number)
        insert_consultation(client, "empty")
        noon = datetime(2026, 6, 20, 12, tzinfo=UTC)
        keep_result(client, "acting", "final", noon, noon)
        yield Commands(settings, titles, texts)
