"""The index of the decisions, from their pages."""

import re
from pathlib import Path
from typing import Final

from docs.generate.markdown import table
from infra.config.folders import CHECKOUT

_HEAD: Final = re.compile(
    r"# (?P<number>\d{4})\. (?P<title>.+)\n\n- \*\*Date:\*\* (?P<date>\S+)\n"
    r"- \*\*Status:\*\* (?P<status>\w+)"
)


def decisions() -> str:
    """Every decision with its date and status."""
    pages = sorted((CHECKOUT / "docs" / "decisions").glob("[0-9]*.md"))
    return table(["no.", "decision", "date", "status"], map(_row, pages))


def _row(page: Path) -> list[str]:
    head = _HEAD.match(page.read_text("utf-8"))
    if head is None:
        raise ValueError(f"{page.name} must begin with number, title, date and status")
    return [f"[{head['number']}]({page.name})", head["title"], head["date"], head["status"]]
