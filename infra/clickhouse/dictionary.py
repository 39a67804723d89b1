"""The data dictionary: every view and column that analysts see, with the engine's types.

The meanings are those of the views' files. The engine has them too, but shows none for columns of
a view that is asked with a moment.

``make documents`` writes docs/reference/dictionary.md, for which it starts a ClickHouse of its own.
"""

import tempfile
from pathlib import Path
from typing import Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.client import connect
from infra.clickhouse.views import view, view_names
from infra.config.settings import CHECKOUT
from infra.local.ephemeral_clickhouse import ephemeral_clickhouse

FILE: Final = CHECKOUT / "docs" / "reference" / "dictionary.md"

_HEAD: Final = """\
# Data dictionary

Every view that analysts can query, with the type and the meaning of each column. \
Made from the views by `make documents`; `DESCRIBE` shows the same. \
Queries to begin with: [questions](../questions.md).
"""
_MOMENT: Final = "(at = now64(3))"
"""A view as of a past moment is asked with one, also for its columns."""


def dictionary(clickhouse: Client) -> str:
    """The page.

    Args:
        clickhouse: Of this version, with or without data.
    """
    public = [name for name in view_names() if name.partition(".")[0] in {"marts", "open"}]
    sections = [_HEAD]
    for name in sorted(public):
        stated = view(name)
        columns = clickhouse.query(f"DESCRIBE {name}{_MOMENT if name.endswith('_at') else ''}")
        rows = [
            f"| `{column}` | {_cell(kind)} | {_cell(stated.columns[column])} |"
            for column, kind, *_ in columns.result_rows
        ]
        call = f"{name}(at = …)" if name.endswith("_at") else name
        sections.append(
            f"\n## {call}\n\n{stated.comment}\n\n| column | type | meaning |\n|---|---|---|\n"
            + "\n".join(rows)
            + "\n"
        )
    return "".join(sections)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main(file: Path = FILE) -> None:
    """Write the page."""
    with (
        tempfile.TemporaryDirectory(prefix="tutti-") as home,
        ephemeral_clickhouse(Path(home)) as settings,
    ):
        file.write_text(dictionary(connect(settings)), encoding="utf-8")


if __name__ == "__main__":
    main()
