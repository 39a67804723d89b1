"""Every command of ``tutti``: where its code is, and its line in the help.

This module imports nothing, so that help, completion and unknown commands cost no time. A command's
line is the first one of its own docstring; a test holds them equal.
"""

from typing import Final

SUMMARY: Final = "Live, exact, explainable consensus of large public consultations."

SECTIONS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "Run the stack": {
        "demo": (
            "demo.demo",
            "Show a running consultation, then recount it; exit 1 on any difference.",
        ),
        "up": (
            "stack.up",
            "Start the local stack and return when all services are ready; safe to repeat.",
        ),
        "down": ("stack.down", "Stop the local stack and keep its data."),
        "status": ("status.status", "Show each service; exit 1 unless all are ready."),
        "operator-token": (
            "operator_page.operator_token",
            "Show the token that opens the operator page; made once, kept in a private file.",
        ),
        "doctor": (
            "doctor.doctor",
            "Check prerequisites, data and every service; exit 1 if there is a problem.",
        ),
        "reset": (
            "stack.reset",
            "Stop the local stack and remove its data and its pseudonym key.",
        ),
        "backup": (
            "stack.backup",
            "Copy log, tables, state and key; stops the stack for the time of the copy.",
        ),
        "restore": (
            "stack.restore",
            "Copy a backup into an empty TUTTI_HOME; start it with tutti up.",
        ),
        "rebuild": (
            "epochs.rebuild",
            "Count all votes again beside the running count, then show the new one.",
        ),
        "close": (
            "closings.close",
            "Count no votes cast from an instant on, and keep the result; tutti results shows it.",
        ),
        "reopen": (
            "closings.reopen",
            "Take votes again from an instant on, or take back a closing that has yet to come.",
        ),
        "config": ("config.config", "Settings."),
        "models": ("models.app", "Sentence encoders."),
        "dashboards": ("dashboards.app", "Dashboards of Grafana, as code."),
    },
    "Send": {
        "send": (
            "send.send",
            "Send events, one per line; say what became of them, and exit 1 if some failed.",
        ),
        "import": ("polis.importers", "Send a consultation from elsewhere."),
        "sync": ("data.sync", "Wait until everything sent so far is counted and in ClickHouse."),
        "arrivals": (
            "arrivals.arrivals",
            "Show what arrived by source and country, what was rejected, and what to mend.",
        ),
        "sources": ("sources.app", "Who may send."),
        "schemas": ("schemas.app", "The contract of the messages."),
        "dlq": ("dlq.app", "Messages that were rejected."),
    },
    "Read": {
        "list": (
            "consultations.consultations",
            "List the consultations with their titles, proposals and ballots.",
        ),
        "top": ("top.top", "Show the leaderboard of a consultation, as it is or as it was."),
        "explain": (
            "explain.explain",
            "Show the counts, ranks and scores of a proposal, or SQL that recomputes them.",
        ),
        "results": (
            "closings.results",
            "Show the results that were kept of a consultation's closings.",
        ),
        "groups": (
            "groups.groups",
            "Show who votes alike, what each group stands for, and what all agree on.",
        ),
        "clusters": (
            "clusters.clusters",
            "Show the clusters of a consultation: proposals by what they are about.",
        ),
        "signals": (
            "signals.signals",
            "Show signals of manipulation with evidence; nothing is applied to the leaderboard.",
        ),
        "similar": (
            "similar.similar",
            "Show proposals near to a text in meaning, or near pairs; near is not of one opinion.",
        ),
        "query": ("query.query", "Query ClickHouse as an analyst does, at the read-only address."),
        "reconcile": (
            "data.reconcile",
            "Recount the log with Apache Beam and compare with ClickHouse; exit 1 on a difference.",
        ),
        "export": (
            "export.export",
            "Write a consultation as Parquet and CSV with a manifest, or as Polis does.",
        ),
    },
}
"""Section of the help → command → its place in this package, and its line."""

COMMANDS: Final = {
    name: command for section in SECTIONS.values() for name, command in section.items()
}

OPTIONS: Final = {
    "--version": "Show the version.",
    "--install-completion": "Complete commands and options in this shell from now on.",
    "--show-completion": "Show what that would install.",
    "--help": "Show this message.",
}
"""Options of ``tutti`` itself, and their lines."""

VERSION: Final = "0.2.0"

_WIDEST: Final = 100
"""Columns beyond which a line is no easier to read."""


def overview(columns: int = 80) -> str:
    """The help of ``tutti``, at most so wide."""
    parts = ["Usage: tutti [OPTIONS] COMMAND [ARGS]...", f"  {SUMMARY}"]
    lines = {name: {n: line for n, (_, line) in rows.items()} for name, rows in SECTIONS.items()}
    room = max(len(name) for section in lines.values() for name in section)
    parts += [_section(name, rows, room, columns) for name, rows in lines.items()]
    parts.append(_section("Options", OPTIONS, max(map(len, OPTIONS)), columns))
    parts.append("  tutti COMMAND --help explains one command.")
    return "\n\n".join(parts) + "\n"


def unknown(name: str) -> str:
    """What to say of a command that is none."""
    from difflib import get_close_matches

    alike = get_close_matches(name, COMMANDS, n=1)
    meant = f"did you mean {alike[0]}? " if alike else ""
    return f"There is no command {name}: {meant}tutti --help lists all."


def _section(title: str, rows: dict[str, str], room: int, columns: int) -> str:
    from textwrap import wrap

    width = max(20, min(columns, _WIDEST) - room - 4)
    shown = [f"{title}:"]
    for name, line in rows.items():
        first, *others = wrap(line, width)
        shown.append(f"  {name:{room}}  {first}")
        shown += [" " * (room + 4) + other for other in others]
    return "\n".join(shown)
