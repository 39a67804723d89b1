"""State files: a reader finds the former content or the new one, never a part of it."""

import json
from os import getpid
from pathlib import Path
from typing import Any


def write_whole(file: Path, text: str) -> None:
    """Write a draft beside the file and give it the file's name.

    The draft is named by the process: two processes that write the same file write two drafts.
    """
    draft = file.with_name(f"{file.name}.{getpid()}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)


def write_json(file: Path, value: Any) -> None:
    """Write a value as JSON, wholly."""
    write_whole(file, json.dumps(value))


def read_json(file: Path) -> Any:
    """The value of a JSON file; None if there is no such file, or it is no JSON."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
