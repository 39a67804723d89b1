"""Markdown that both the site and a viewer of the repository show in the same way."""

import re
from collections.abc import Iterable, Sequence


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""A table; its cells may hold Markdown.

    >>> print(table(["name", "meaning"], [["`a`", "one | two"]]), end="")
    | name | meaning |
    |---|---|
    | `a` | one \| two |
    """
    lines = [_row(columns), "|" + "---|" * len(columns)]
    return "\n".join([*lines, *map(_row, rows)]) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def code(text: object) -> str:
    """Code within a sentence; of nothing, nothing.

    >>> code("votes"), code("")
    ('`votes`', '')
    """
    return f"`{text}`" if str(text) else ""


def codes(texts: Iterable[object], between: str = ", ") -> str:
    """Several of them.

    >>> codes(["intake", "sink"])
    '`intake`, `sink`'
    """
    return between.join(code(text) for text in texts)


def anchor(heading: str) -> str:
    """What a link to a heading ends with, on the site and in a viewer of the repository.

    >>> anchor("marts.leaderboard_at(at = …)")
    'martsleaderboard_atat'
    """
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower())
