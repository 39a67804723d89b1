"""Tables of the commands, as they come out at any width."""

import io

from rich.console import Console

from pipelines.cli.screen import table

LONG = "Every new public building and every supermarket should carry solar panels on its roof."


def test_long_texts_are_folded_and_no_other_column_loses_its_place():
    drawn = table(
        "pairs", ["id", "other", "similarity", "text", "other_text"],
        [["p-100", "p-200", 0.912, LONG, LONG]],
    )  # fmt: skip
    for width in (80, 100, 160):
        console = Console(width=width, file=io.StringIO())
        console.print(drawn)
        shown = console.file.getvalue()
        assert max(map(len, shown.splitlines())) <= width
        assert {"p-100", "p-200", "0.912"} <= set(shown.split())
        assert shown.count("supermarket") == 2
