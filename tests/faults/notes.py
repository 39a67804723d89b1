"""Results, one line of JSON each, with where and when they came about."""

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import psutil
from places import CHECKOUT

FOLDER = Path(__file__).parent / "results"


def note(file: Path, result: dict) -> dict:
    """Append a result, with commit, time and machine; return it."""
    result |= {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),  # noqa: TID251 - of the report
        "commit": revision(),
        "machine": {
            "cores": os.cpu_count(),
            "memory_gib": round(psutil.virtual_memory().total / 2**30),
            "load": [round(load, 1) for load in os.getloadavg()],
            "system": platform.platform(terse=True),
            "python": platform.python_version(),
        },
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lines:
        lines.write(json.dumps(result, ensure_ascii=False) + "\n")
    return result


def revision() -> str:
    """The commit, with a + if the files beside the results differ from it."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=CHECKOUT, capture_output=True, check=False)
        return done.stdout.decode().strip()

    changed = git("status", "--porcelain", "--", ".", f":!{FOLDER.relative_to(CHECKOUT)}")
    return git("rev-parse", "--short", "HEAD") + ("+" if changed else "")
