"""How many votes the HTTP intake acknowledges while the stack counts them, and at what cost."""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from statistics import median
from typing import Final, Self

import msgspec
from rich.console import Console

from infra.clickhouse.client import connect
from infra.clickhouse.tallies import cells
from infra.config.folders import CHECKOUT
from infra.config.settings import Settings
from infra.config.sources import append, writing
from loadtests.costs import Costs
from loadtests.http_senders import BatchesSent, SenderPlan
from loadtests.report import RESULTS
from operators.core.clock import system_clock
from operators.core.errors import TransientError
from operators.core.votes.tally import COUNTERS
from pipelines.verify.sync import sync
from schemas.signatures import token_of
from schemas.sources import SourceEntry

CONSULTATION: Final = "http-load"
SERVICE: Final = "http_intake"
FILE: Final = RESULTS / "http" / "batches.json"
SYNC_S: Final = 1_800.0
LEAD_S: Final = 2.0
"""After which a source that was written is in force (decision 0072)."""
BALLOTS: Final = ("agree", "disagree", "neutral")


class HttpRun(msgspec.Struct, frozen=True):
    """One run of batches.

    Attributes:
        votes: Acknowledged, and counted exactly.
        batch: Votes in a batch.
        connections: That sent at the same time.
        acknowledged_s: Until all were acknowledged, s.
        visible_s: Until all were counted and in ClickHouse, s.
        answer_ms: Median and p99 of a batch's time to its receipt, ms.
        again: Batches that had to be sent again.
        intake_us: CPU of the HTTP intake, µs per vote.
        intake_threads_us: The same by its busiest threads.
        intake_cores: CPU of the HTTP intake until all were acknowledged, cores.
        senders_us: CPU of the senders, µs per vote.
        others_cores: CPU of everything on the machine but the HTTP intake until then, cores.
    """

    votes: int
    batch: int
    connections: int
    acknowledged_s: float
    visible_s: float
    answer_ms: tuple[float, float]
    again: int
    intake_us: float
    intake_threads_us: dict[str, float]
    intake_cores: float
    senders_us: float
    others_cores: float

    @property
    def votes_per_s(self) -> float:
        """Votes acknowledged per second."""
        return self.votes / self.acknowledged_s

    @property
    def one_core(self) -> float:
        """Votes per second at which the HTTP intake would use a whole core."""
        return 1e6 / self.intake_us


class HttpReport(msgspec.Struct, frozen=True, kw_only=True):
    """The runs of one command, with what a reader needs to judge them."""

    command: str
    date: str
    commit: str
    machine: dict[str, str]
    versions: dict[str, str]
    runs: list[HttpRun]


def source_for_load(settings: Settings) -> str:
    """A source of its own, in force when this returns; its token."""
    since = datetime.fromtimestamp(system_clock() // 1000, UTC) + timedelta(seconds=LEAD_S + 1)
    made = SourceEntry("load", since, token_hex(32), consultations=(CONSULTATION,))
    with writing(settings):
        append(settings, [made])
    while system_clock() < since.timestamp() * 1000:
        time.sleep(0.05)
    return token_of(made.secret)


def measure(settings: Settings, plan: SenderPlan) -> HttpRun:
    """Send the batches of a plan, and wait until they are counted.

    Raises:
        TransientError: Not every vote was acknowledged, or not exactly those are counted.
    """
    with _Senders(plan) as senders:
        costs = Costs(settings)
        before, began_s = costs.read(), time.monotonic()
        sent = senders.send()
        after, seconds = costs.read(), time.monotonic() - began_s
    if sent.lost or sent.accepted != plan.votes:
        raise TransientError(f"{sent.accepted} of {plan.votes} votes were acknowledged.")
    sync(settings, SYNC_S)
    visible_s = time.monotonic() - began_s
    counted = _counted(settings)
    if counted != plan.first + plan.votes:
        raise TransientError(f"{counted} votes are counted, {plan.first + plan.votes} were sent.")
    used_s = after.cpu_s[SERVICE] - before.cpu_s[SERVICE]
    threads = {
        thread: round((spent - before.threads_s.get((service, thread), 0.0)) / plan.votes * 1e6, 2)
        for (service, thread), spent in after.threads_s.items()
        if service == SERVICE
    }
    answers_s = sorted(sent.answer_s)
    return HttpRun(
        votes=sent.accepted,
        batch=plan.batch,
        connections=plan.connections,
        acknowledged_s=round(sent.seconds, 2),
        visible_s=round(visible_s, 2),
        answer_ms=(
            round(median(answers_s) * 1000),
            round(answers_s[len(answers_s) * 99 // 100] * 1000),
        ),
        again=sent.again,
        intake_us=round(used_s / plan.votes * 1e6, 2),
        intake_threads_us={name: used for name, used in threads.items() if used > 0},
        intake_cores=round(used_s / seconds, 2),
        senders_us=round(sent.cpu_s / plan.votes * 1e6, 2),
        others_cores=round((after.machine_s - before.machine_s - used_s) / seconds, 2),
    )


class _Senders:
    """The senders' process; on entering, its batches are ready."""

    def __init__(self, plan: SenderPlan) -> None:
        self._plan = plan

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "loadtests.http_senders"],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._say(msgspec.json.encode(self._plan))
        self._read()
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.communicate()

    def send(self) -> BatchesSent:
        """Let it send."""
        self._say(b"")
        return msgspec.json.decode(self._read(), type=BatchesSent)

    def _say(self, line: bytes) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(line + b"\n")
            self._process.stdin.flush()

    def _read(self) -> bytes:
        line = self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            raise TransientError("The senders ended with an error.")
        return line


def _counted(settings: Settings) -> int:
    """Ballots of the consultation in ClickHouse."""
    places = [COUNTERS.index(name) for name in BALLOTS]
    ours = [counts for cell, counts in cells(connect(settings)).items() if cell[0] == CONSULTATION]
    return sum(counts[place] for counts in ours for place in places)


def show_run(console: Console, title: str, run: HttpRun) -> None:
    """Print a run."""
    console.print(
        f"{title}: {run.votes_per_s:,.0f} votes/s acknowledged in batches of {run.batch} over"
        f" {run.connections} connections; receipts after {run.answer_ms[0]:,.0f} ms, p99"
        f" {run.answer_ms[1]:,.0f}; HTTP intake {run.intake_us:.1f} µs a vote,"
        f" {run.intake_cores:.2f} cores; all else {run.others_cores:.2f} cores; all visible after"
        f" {run.visible_s:,.1f} s; {run.again} sent again"
    )


def keep(report: HttpReport, file: Path = FILE) -> Path:
    """Write the report's file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
    return file


def section(file: Path = FILE) -> str:
    """What was kept, for the page of measurements; nothing where nothing was."""
    if not file.exists():
        return ""
    report = msgspec.json.decode(file.read_bytes(), type=HttpReport)
    rows: list[tuple[str, Callable[[HttpRun], float], str]] = [
        ("votes", lambda run: run.votes, ",.0f"),
        ("votes/s, acknowledged", lambda run: run.votes_per_s, ",.0f"),
        ("receipt after, p50, ms", lambda run: run.answer_ms[0], ",.0f"),
        ("receipt after, p99, ms", lambda run: run.answer_ms[1], ",.0f"),
        ("batches sent again", lambda run: run.again, ",.0f"),
        ("HTTP intake, µs CPU per vote", lambda run: run.intake_us, ".1f"),
        ("HTTP intake, cores", lambda run: run.intake_cores, ".2f"),
        ("HTTP intake, votes/s on a whole core", lambda run: run.one_core, ",.0f"),
        ("senders, µs CPU per vote", lambda run: run.senders_us, ".1f"),
        ("everything else on the machine, cores", lambda run: run.others_cores, ".2f"),
        ("all visible after, s", lambda run: run.visible_s, ",.1f"),
    ]
    lines = [
        "\n## HTTP intake: batches\n",
        (
            f"Batches of {report.runs[0].batch} votes, packed, over {report.runs[0].connections}"
            " connections, while the stack counts them; every run exact.\n"
        ),
        f"`{report.command}`, {report.date}, commit {report.commit}.\n",
        f"| | {len(report.runs)} runs |\n|---|---|",
    ]
    for name, value, form in rows:
        found = sorted(map(value, report.runs))
        spread = f" ({found[0]:{form}}–{found[-1]:{form}})" if len(found) > 1 else ""
        lines.append(f"| {name} | {median(found):{form}}{spread} |")
    facts = report.machine | report.versions
    lines.append("\n" + ", ".join(f"{name} {value}" for name, value in facts.items()))
    return "\n".join(lines) + "\n"
