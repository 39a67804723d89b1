"""``python -m docs.generate``: write every generated document anew.

The data dictionary asks a ClickHouse for the columns' types: one of its own is started.
"""

import tempfile
from functools import partial
from pathlib import Path

from docs.generate.documents import NEEDS_CLICKHOUSE, PARTS, documents
from infra.clickhouse.client import connect
from infra.local.ephemeral_clickhouse import ephemeral_clickhouse


def main() -> None:
    """Write what has changed, and name it."""
    with (
        tempfile.TemporaryDirectory(prefix="tutti-") as home,
        ephemeral_clickhouse(Path(home)) as settings,
    ):
        clickhouse = connect(settings)
        slow = {name: partial(make, clickhouse) for name, make in NEEDS_CLICKHOUSE.items()}
        for file, make in documents({**PARTS, **slow}).items():
            text = make()
            if text != file.read_text("utf-8"):
                file.write_text(text, "utf-8")
                print(file)  # noqa: T201 - it says what it has changed


if __name__ == "__main__":
    main()
