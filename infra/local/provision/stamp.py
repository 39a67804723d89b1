"""A stamp says which key a folder was made for; it is written last, so the folder is complete."""

import json
from pathlib import Path

STAMP = ".tutti-stamp"
PROJECT_STAMP = ".tutti-project"


def read_stamp(path: Path) -> dict[str, str]:
    """Read a stamp; a missing or damaged one is empty."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_stamp(path: Path, content: dict[str, str]) -> None:
    """Write a stamp whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(content) + "\n")
    part.replace(path)
