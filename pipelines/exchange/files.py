"""Writing an export: a new folder, whole or not at all, every file with its checksum."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.client import pieces
from operators.core.errors import TerminalError

PIECE: Final = 1 << 20
MANIFEST: Final = "manifest.json"


@dataclass(frozen=True, slots=True)
class Written:
    """One file of an export."""

    file: str
    bytes: int
    sha256: str


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A draft beside `folder` that takes its name at the end, if nothing fails.

    Raises:
        TerminalError: There is something of that name, or it cannot be made.
    """
    folder = folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise TerminalError(f"{folder} is not empty: name a new folder.")
    draft = folder.with_name(f".{folder.name}.draft")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        yield draft
        if folder.exists():
            folder.rmdir()
        draft.replace(folder)
    except OSError as error:
        raise TerminalError(f"{folder} cannot be written ({error.strerror}).") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)


SETTINGS: Final[dict[str, dict[str, Any]]] = {
    # pandas and others read an empty cell as missing, and \N as a text among numbers.
    "CSVWithNames": {"format_csv_null_representation": ""},
}
"""Of the formats."""


def write_query(
    clickhouse: Client, sql: str, form: str, file: Path, parameters: dict[str, Any]
) -> Written:
    """Write what a query answers, as it streams in; in CSV, NULL is an empty cell.

    Args:
        clickhouse: Where to ask.
        sql: One SELECT.
        form: ClickHouse's name of the format.
        file: What to write; it must not exist.
        parameters: Of the query.
    """
    digest, size = sha256(), 0
    with (
        clickhouse.raw_stream(
            sql, parameters=parameters, settings=SETTINGS.get(form), fmt=form
        ) as answer,
        file.open("xb") as out,
    ):
        for piece in pieces(answer, PIECE):
            out.write(piece)
            digest.update(piece)
            size += len(piece)
    return Written(file.name, size, digest.hexdigest())


def write_manifest(folder: Path, manifest: Any) -> None:
    """Write what an export holds, a dataclass, beside its files."""
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=2)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def written(file: Path) -> Written:
    """A file that is there already."""
    with file.open("rb") as content:
        digest = sha256()
        while piece := content.read(PIECE):
            digest.update(piece)
    return Written(file.name, file.stat().st_size, digest.hexdigest())
