"""Reading the CSV files of a Polis export, or saying in one sentence why one cannot be read.

A byte order mark is accepted. Whatever else a spreadsheet or another program did to a file is
refused with file, line and column: a guess would change votes.
"""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from operators.core.errors import TerminalError
from operators.core.printable import printable
from operators.core.wording import number_of

Value = TypeVar("Value")

ORIGINAL: Final = "use the file as Polis exported it, not as a spreadsheet saved it"
MAX_CELL: Final = 1 << 24
"""Characters. The parser's own limit would end the import without saying where."""
MAX_COLUMNS: Final = 1_000
"""Of a header; Polis writes eight, and its tables have not many more."""

_BOMS: Final = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\0\0\xfe\xff": "UTF-32"}
_BEGINNING: Final = 1_000
_NO_TEXT: Final = re.compile("[\0\udc80-\udcff]")
_NO_TEXT_SHARE: Final = 8
"""Of that many bytes at the beginning, one may be NUL: UTF-16 has one in two."""
_CELL: Final = re.compile(r'(?:"(?:[^"]|"")*+"|[^,\n]*+)(,|\n|\Z)')
_WHOLE: Final = re.compile(r"-?[0-9]{1,15}").fullmatch


class MangledFileError(TerminalError):
    """A file is not as Polis exports it; the sentence says where, and what to do."""

    def __init__(self, file: Path, line: int, column: str | int, fault: str) -> None:
        named = printable(column) if isinstance(column, str) else column
        super().__init__(f"{file}, line {line}, column {named}: {fault}.")


class Row(NamedTuple):
    """A row: where it begins, and its cells by the names of their columns."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A file with a header."""

    file: Path
    columns: tuple[str, ...]
    rows: list[Row]

    def where(self, column: str, value: str) -> "Table":
        """The rows that have a value in a column."""
        rows = [row for row in self.rows if row.cells[column] == value]
        return Table(self.file, self.columns, rows)

    def fault(self, row: Row, column: str, expected: str) -> MangledFileError:
        """The error for a cell in which something else was expected."""
        found = row.cells[column]
        shown = f'found "{printable(found)}"' if found else "found nothing"
        return MangledFileError(
            self.file, row.line, column, f"{shown}, expected {expected}; {ORIGINAL}"
        )

    def whole(self, row: Row, column: str, what: str = "a whole number") -> int:
        """A cell as a whole number.

        Raises:
            MangledFileError: It is none.
        """
        cell = row.cells[column]
        if not _WHOLE(cell):
            raise self.fault(row, column, what)
        return int(cell)

    def chosen(self, row: Row, column: str, meanings: Mapping[str, Value]) -> Value:
        """What a cell stands for.

        Raises:
            MangledFileError: It is none of those that mean something.
        """
        try:
            return meanings[row.cells[column]]
        except KeyError:
            *others, last = meanings
            raise self.fault(row, column, f"{', '.join(others)} or {last}") from None

    def require(self, *columns: str) -> None:
        """Look for columns in the header.

        Raises:
            MangledFileError: One is missing.
        """
        for column in columns:
            if column not in self.columns:
                there = printable(", ".join(self.columns))
                raise MangledFileError(
                    self.file, 1, column, f"it is missing, the header has {there}; {ORIGINAL}"
                )


def read_table(file: Path) -> Table:
    """Read a file with a header.

    Raises:
        TerminalError: It is missing, cannot be read, or is mangled.
    """
    listed = read_lines(file)
    if not listed:
        raise MangledFileError(file, 1, 1, f"the file is empty, expected a header; {ORIGINAL}")
    _, header = listed[0]
    if len(header) == 1:
        for separator, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if separator in header[0]:
                raise MangledFileError(
                    file, 1, 1, f"cells are separated by {name}, expected commas; {ORIGINAL}"
                )
    _check_header(file, header)
    rows = []
    for line, cells in listed[1:]:
        if len(cells) != len(header):
            # Of a row that is too long, the first cell without a name is at fault.
            place = header[len(cells)] if len(cells) < len(header) else len(header) + 1
            raise MangledFileError(
                file,
                line,
                place,
                f"{number_of(len(cells), 'cell')}, expected {len(header)}; {ORIGINAL}",
            )
        rows.append(Row(line, dict(zip(header, cells, strict=True))))
    return Table(file, tuple(header), rows)


def _check_header(file: Path, header: list[str]) -> None:
    if len(header) > MAX_COLUMNS:
        fault = f"{len(header):,} columns, expected {MAX_COLUMNS:,} at most"
        raise MangledFileError(file, 1, MAX_COLUMNS + 1, f"{fault}; {ORIGINAL}")
    seen = set[str]()
    for position, column in enumerate(header, start=1):
        if column in seen:
            raise MangledFileError(
                file, 1, position, f'the column "{printable(column)}" stands twice; {ORIGINAL}'
            )
        seen.add(column)


def read_lines(file: Path) -> list[tuple[int, list[str]]]:
    """The cells of each line that has any, with the number of its first line.

    Raises:
        TerminalError: The file is missing, cannot be read, or is mangled.
    """
    text = _decoded(file)
    found: list[tuple[int, list[str]]] = []
    former = csv.field_size_limit(MAX_CELL)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        start = 1
        try:
            for cells in reader:
                if cells:
                    found.append((start, cells))
                start = reader.line_num + 1
        except csv.Error as error:
            line, column, opened = _broken(text, start)
            if not opened and "field limit" in str(error):
                line, column = _too_long(text, start)
                fault = f"more than {MAX_CELL:,} characters in one cell"
            else:
                fault = f"no CSV from there on ({error})"
            raise MangledFileError(file, line, column, f"{fault}; {ORIGINAL}") from None
    finally:
        csv.field_size_limit(former)
    header = found[0][1] if found else []
    for line, cells in found:
        for position, cell in enumerate(cells):
            strange = _NO_TEXT.search(cell)
            if strange:
                named = line > 1 and position < len(header)
                raise MangledFileError(
                    file,
                    line,
                    header[position] if named else position + 1,
                    _not_text(cell, strange.start()),
                )
    return found


def _decoded(file: Path) -> str:
    """The text without its byte order mark; bytes that are not UTF-8 as lone surrogates."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise TerminalError(f"{file} is missing: name the folder of a Polis export.") from None
    except OSError as error:
        raise TerminalError(f"{file} cannot be read ({error.strerror}).") from None
    for mark, encoding in _BOMS.items():
        if content.startswith(mark):
            raise MangledFileError(file, 1, 1, f"{encoding}, expected UTF-8; {ORIGINAL}")
    beginning = content[:_BEGINNING]
    if beginning.count(0) * _NO_TEXT_SHARE > len(beginning):
        raise MangledFileError(file, 1, 1, f"UTF-16 or no text, expected UTF-8; {ORIGINAL}")
    text = content.decode("utf-8-sig", "surrogateescape")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _not_text(cell: str, position: int) -> str:
    before = printable(cell[max(0, position - 20) : position])
    if cell[position] == "\0":
        return f'NUL, which is no text, behind "{before}"; {ORIGINAL}'
    byte = ord(cell[position]) - 0xDC00
    return f'not UTF-8, byte {byte:#04x} behind "{before}"; {ORIGINAL}'


def _too_long(text: str, start: int) -> tuple[int, int]:
    """Where the first cell begins that is longer than any, in a row that begins in line `start`."""
    rest = text.split("\n", start - 1)[-1]
    line, column = start, 1
    for found in _CELL.finditer(rest):
        if found.end() - found.start() > MAX_CELL:
            break
        line += found[0].count("\n")
        column = column + 1 if found[1] == "," else 1
    return line, column


def _broken(text: str, start: int) -> tuple[int, int, bool]:
    """Where the cell begins, in a row that begins in line `start`, whose quotes are no CSV.

    A quote that is never closed is noticed at the next one, which may be many rows below.

    Returns:
        Line, column, and whether there are such quotes.
    """
    line, column, former = start, 1, ","
    begun = (line, column)
    within = closed = False
    for character in text.split("\n", start - 1)[-1]:
        if character == '"' and (within or closed or former in ",\n"):
            # A second quote right behind one that closes stands for a quote within the cell.
            begun = begun if within or closed else (line, column)
            within, closed = not within, within
        elif closed and character not in ",\n":
            return *begun, True
        elif not within and character in ",\n":
            closed = False
            column = column + 1 if character == "," else 1
        line += character == "\n"
        former = character
    return (*begun, True) if within else (line, column, False)
