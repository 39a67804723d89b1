"""Results, one line of JSON each, with where and when they came about."""

import json
from datetime import UTC, datetime
from pathlib import Path

from loadtests.machine import commit, machine

FOLDER = Path(__file__).parent / "results"


def record(file: Path, result: dict) -> dict:
    """Append a result, with commit, time and machine; return it."""
    result |= {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),  # noqa: TID251 - of the report
        "commit": commit(),
        "machine": machine(),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lines:
        lines.write(json.dumps(result, ensure_ascii=False) + "\n")
    return result
