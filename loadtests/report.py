"""Reports: one JSON file per measurement, and the page that is generated from all of them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final, Literal

import msgspec

from infra.config.folders import CHECKOUT
from loadtests.bench import Measurement
from loadtests.capacity import Trial, highest
from loadtests.expected import Comparison

RESULTS: Final = CHECKOUT / "loadtests" / "results"
PAGE: Final = CHECKOUT / "docs" / "performance.md"

Kind = Literal["bulk", "run", "replay", "capacity"]
_ORDER: Final[tuple[Kind, ...]] = ("bulk", "run", "replay", "capacity")


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement, with everything that a reader needs.

    Attributes:
        kind: Which command measured.
        workload: Its name, and in a sentence what it is.
        command: The command that repeats it.
        date: When it began, UTC.
        commit: Commit of the code; with a plus if files differed from it.
        idle_cores: What each service uses while nothing is sent.
        cold: The warm-up on the fresh stack, which does not count among the runs.
        runs: The measured runs.
        trials: Trials of the search for the capacity.
        bound_ms: Bound of the p99 of these trials, ms.
        comparison: Everything sent, compared with the exact expected result.
    """

    kind: Kind
    workload: str
    about: str
    command: str
    date: str
    commit: str
    machine: dict[str, str]
    versions: dict[str, str]
    settings: dict[str, str]
    idle_cores: dict[str, float]
    cold: Measurement | None
    runs: list[Measurement]
    comparison: Comparison
    trials: list[Trial] = []
    bound_ms: float = 0


def save(report: Report, name: str, folder: Path = RESULTS) -> Path:
    """Write a report's file; a former file of that name is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.json"
    file.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
    return file


def reports(folder: Path = RESULTS) -> list[Report]:
    """All kept reports, in the order of the page."""
    found = [msgspec.json.decode(file.read_bytes(), type=Report) for file in folder.glob("*.json")]
    return sorted(found, key=lambda r: (_ORDER.index(r.kind), r.workload, _rate(r)))


def render(found: list[Report]) -> str:
    """The page."""
    lines = [_HEAD]
    for report in found:
        lines += [f"## {_title(report)}\n", *_section(report)]
    return "\n".join(lines).rstrip() + "\n"


_HEAD: Final = """\
# How fast, how fresh

Made by `python -m loadtests report` from `loadtests/results`; do not edit. Each section says how to
repeat it. Everything runs on one machine: generator, Kafka, intake, Flink, sink, ClickHouse, Redis
and the observer, each stack fresh, windows and archive on.

Services were renamed on 2026-11-29. Measurements of before show the former names; nothing was
measured again.

- **Readable after** counts from the moment a vote was *due* to be sent, not from when it was, so
  that a stall is paid for by every vote that came due meanwhile. It ends when a query of ClickHouse
  returns the vote's tally. The votes asked for are markers: real votes, one every 47 ms, each on a
  proposal of its own; the resolution is the longest time between two looks.
- **Visible** is the whole chain: from the first vote due until all of them are counted, in a
  consistent cut, in ClickHouse.
- **µs CPU per vote** is what the processes of a service used, user and system, from the start of
  a run until all is visible, by the number of votes. It hardly depends on what else the machine
  does; times do. "Others" is the CPU that processes outside this stack used meanwhile.
- **Exact** compares every cell of the tallies, every cell of the windows, and the number of
  rejected messages by reason with a count made by numpy from the drawn numbers.
- Figures are medians over the runs, with the smallest and the greatest in brackets. The cold start
  is the first load on a stack that has just come up.
"""


def _title(report: Report) -> str:
    if report.kind == "run":
        return f"{report.workload}: {_rate(report):,.0f} votes/s"
    words = {"bulk": "at once", "replay": "replay", "capacity": "capacity"}
    return f"{report.workload}: {words[report.kind]}"


def _rate(report: Report) -> float:
    return report.runs[0].rate if report.runs else 0.0


def _section(report: Report) -> list[str]:
    check = report.comparison
    lines = [
        f"{report.about}\n",
        f"`{report.command}`, {report.date}, commit {report.commit}.\n",
        (
            f"exact: **{'yes' if check.exact else 'no'}** ({check.tallies:,} tallies,"
            f" {check.windows:,} windows, {check.accepted[0]:,} votes accepted,"
            f" {check.rejected:,} rejected)\n"
        ),
    ]
    if report.trials:
        lines += _capacity(report)
    if report.runs:
        lines += _figures(report.runs, report.cold)
        lines += _costs(report.runs, report.idle_cores)
    facts = report.machine | report.versions | report.settings
    lines += [", ".join(f"{name} {value}" for name, value in facts.items()) + "\n"]
    return lines


def _capacity(report: Report) -> list[str]:
    return [
        (
            f"Highest rate without rising lag and with p99 up to {report.bound_ms:,.0f} ms:"
            f" **{highest(report.trials):,.0f} votes/s**\n"
        ),
        "| tried, votes/s | kept up | p99, ms | rise, ms |\n|---|---|---|---|",
        *(
            f"| {trial.rate:,.0f} | {'yes' if trial.kept_up else 'no'} | {trial.p99_ms:,.0f} |"
            f" {trial.rise_ms:,.0f} |"
            for trial in report.trials
        ),
        "",
    ]


def _figures(runs: list[Measurement], cold: Measurement | None) -> list[str]:
    rows: list[tuple[str, Callable[[Measurement], float], str]] = [
        ("votes", lambda m: m.votes, ",.0f"),
        ("all sent after, s", lambda m: m.sent_s, ".1f"),
        ("all visible after, s", lambda m: m.visible_s, ".1f"),
        ("votes/s, sent to visible", lambda m: m.votes_per_s, ",.0f"),
    ]
    if runs[0].fresh_ms:
        rows += [
            (f"readable after, {key}, ms", partial(_fresh, key), ",.0f")
            for key in runs[0].fresh_ms
            if key != "markers"
        ]
        rows += [
            ("markers", partial(_fresh, "markers"), ",.0f"),
            ("resolution, ms", lambda m: m.gap_ms, ",.0f"),
            ("generator late, p99, ms", lambda m: m.lag_ms[1], ",.0f"),
        ]
    rows += [
        ("µs CPU per vote, all services", lambda m: m.cpu_us, ".1f"),
        ("others, cores", lambda m: m.others_cores, ".2f"),
    ]
    lines = [f"| | {len(runs)} runs | cold start |\n|---|---|---|"]
    for name, value, form in rows:
        first = f"{value(cold):{form}}" if cold else ""
        lines.append(f"| {name} | {_spread([value(run) for run in runs], form)} | {first} |")
    return [*lines, ""]


def _fresh(key: str, measured: Measurement) -> float:
    return measured.fresh_ms.get(key, 0.0)


def _costs(runs: list[Measurement], idle_cores: dict[str, float]) -> list[str]:
    names = sorted(
        runs[0].services, key=lambda name: -median(r.services[name].cpu_us for r in runs)
    )
    lines = [
        "| service | µs CPU per vote | cores | cores when idle | peak MiB |\n|---|---|---|---|---|"
    ]
    for name in names:
        services = [run.services[name] for run in runs]
        restarted = ", restarted" if any(service.restarted for service in services) else ""
        lines.append(
            f"| {name}{restarted} | {_spread([service.cpu_us for service in services], '.1f')} |"
            f" {median(service.cores for service in services):.2f} |"
            f" {idle_cores.get(name, 0.0):.2f} | {max(service.peak_mb for service in services):,} |"
        )
    return [*lines, ""]


def _spread(values: list[float], form: str) -> str:
    middle = f"{median(values):{form}}"
    if len(values) == 1:
        return middle
    return f"{middle} ({min(values):{form}}–{max(values):{form}})"
