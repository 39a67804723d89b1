"""What spreadsheets and other programs do to exports: told in one sentence, or harmless."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from places import FIXTURES

from operators.core.errors import TerminalError
from pipelines.exchange import polis_files
from pipelines.exchange.polis_files import MangledFileError
from pipelines.exchange.polis_import import read_polis

EXPORT = FIXTURES / "polis"
FILES = ("votes.csv", "comments.csv")
SENTENCE = re.compile(r"^[^\n]*/(\S+\.csv), line ([0-9]+), column ([^:\n]+): [^\n]+\.$")


def cells(name: str, folder: Path = EXPORT) -> list[list[str]]:
    with (folder / name).open(newline="", encoding="utf-8") as lines:
        return list(csv.reader(lines))


def written(rows: list[list[str]], **how: object) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, **how).writerows(rows)  # type: ignore[arg-type]
    return text.getvalue()


@pytest.fixture
def mangled(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """An export of which one file is replaced."""

    def make(name: str, content: bytes) -> Path:
        for file in FILES:
            (tmp_path / file).write_bytes((EXPORT / file).read_bytes())
        (tmp_path / name).write_bytes(content)
        return tmp_path

    return make


def place(folder: Path) -> tuple[str, int, str]:
    """What the one sentence says: file, line and column."""
    with pytest.raises(MangledFileError) as raised:
        read_polis(folder, "c")
    found = SENTENCE.match(str(raised.value))
    assert found, raised.value
    return found[1], int(found[2]), found[3]


HARMLESS: dict[str, Callable[[str], bytes]] = {
    "a byte order mark": lambda text: text.encode("utf-8-sig"),
    "line ends of Windows": lambda text: text.replace("\n", "\r\n").encode(),
    "line ends of old Macs": lambda text: text.replace("\n", "\r").encode(),
    "all cells in quotes": lambda text: written(
        list(csv.reader(io.StringIO(text, newline=""))), quoting=csv.QUOTE_ALL
    ).encode(),
    "blank lines at the end": lambda text: f"{text}\n\n".encode(),
    "no line end at the end": lambda text: text.rstrip("\n").encode(),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("how", HARMLESS)
def test_what_changes_no_cell_is_read_as_before(mangled, name: str, how: str) -> None:
    text = (EXPORT / name).read_text("utf-8")
    found, before = read_polis(mangled(name, HARMLESS[how](text)), "c"), read_polis(EXPORT, "c")
    assert (found.consultation, found.proposals, found.votes) == (
        before.consultation,
        before.proposals,
        before.votes,
    )


ENCODINGS = (
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "latin-1",
    "cp1252",
    "cp437",
    "mac-roman",
)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_another_encoding_is_told_at_the_first_strange_cell(
    mangled, name: str, encoding: str
) -> None:
    rows = cells(name)
    rows[5][-1] = "Plus d'écoles" if name == "comments.csv" else rows[5][-1]
    rows[5][1] = "déc. 2024"
    content = written(rows).encode(encoding, "replace")
    file, line, column = place(mangled(name, content))
    assert file == name
    wide = encoding.startswith(("utf-16", "utf-32"))
    before = 1 + written(rows[:5]).count("\n")
    assert (line, column) == ((1, "1") if wide else (before, "datetime"))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_another_separator_is_told(mangled, name: str, separator: str) -> None:
    content = written(cells(name), delimiter=separator).encode()
    assert place(mangled(name, content)) == (name, 1, "1")


NUMBERS = {
    "votes.csv": ["timestamp", "vote"],
    "comments.csv": ["timestamp", "moderated", "agrees", "disagrees"],
}
NO_NUMBERS = [
    *("", " ", "1.0", "1,0", "1.72686E+12", "1e0", "true", "FALSE", "TRUE", "+1", " 1", "1 ", "'1"),
    *("１", "٣", "1_0", "0x1", "NaN", "1 726", "9" * 40, "\u2212" + "1", "#REF!", "1\n"),
]


@pytest.mark.parametrize("found", NO_NUMBERS, ids=ascii)
def test_a_number_that_a_spreadsheet_wrote_is_told_with_its_line_and_column(
    mangled, found: str
) -> None:
    for name, columns in NUMBERS.items():
        for column in columns:
            rows = cells(name)
            rows[7][rows[0].index(column)] = found
            line = 1 + written(rows[:7]).count("\n")
            assert place(mangled(name, written(rows).encode())) == (name, line, column)


def dents(rows: list[list[str]]) -> Iterator[tuple[str, str]]:
    """A file with a fault in its structure, and the column that is to be named."""
    header, victim = rows[0], rows[9]
    for length in range(1, len(victim)):
        rows[9] = victim[:length]
        yield written(rows), header[length]
    rows[9] = [*victim, "more"]
    yield written(rows), str(len(header) + 1)
    rows[9] = victim
    text = written(rows, quoting=csv.QUOTE_ALL)
    start = len(written(rows[:9], quoting=csv.QUOTE_ALL))
    for position in range(len(victim)):
        before = start + sum(len(cell) + 3 for cell in victim[:position])
        after = before + len(victim[position]) + 1
        yield text[:after] + '"x' + text[after + 1 :], str(position + 1)  # a stray quote


def test_a_row_that_is_short_long_or_no_csv_is_told_with_its_line_and_column(mangled) -> None:
    for name in FILES:
        rows = cells(name)
        line = 1 + written(rows[:9]).count("\n")
        for text, column in dents(rows):
            file, reported, where = place(mangled(name, text.encode()))
            assert (file, where) == (name, column)
            assert reported >= line
            if not where.isdigit():
                assert reported == line


def test_a_quote_that_is_never_closed_is_told_where_it_was_opened(mangled) -> None:
    rows = cells("comments.csv")
    text = written(rows)
    plain = next(n for n in range(4, 20) if not set(',"\n') & set(rows[n][7]))
    at = len(written(rows[:plain])) + sum(len(cell) + 1 for cell in rows[plain][:7])
    line = 1 + written(rows[:plain]).count("\n")
    file, reported, column = place(mangled("comments.csv", f'{text[:at]}"{text[at:]}'.encode()))
    assert (file, reported, column) == ("comments.csv", line, "8")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("number", [1, -1], ids=["first", "last"])
def test_a_nul_is_told_where_it_stands(mangled, name: str, number: int) -> None:
    rows = cells(name)
    rows[number][1] += "\0"
    line = 1 + written(rows[:number]).count("\n")
    assert place(mangled(name, written(rows).encode())) == (name, line, "datetime")
    rows[0][1] += "\0"
    assert place(mangled(name, written(rows).encode())) == (name, 1, "2")


@pytest.mark.parametrize("quoted", [True, False])
def test_a_cell_that_is_too_long_is_told_where_it_begins(
    mangled, monkeypatch: pytest.MonkeyPatch, *, quoted: bool
) -> None:
    monkeypatch.setattr(polis_files, "MAX_CELL", 300)
    rows = cells("comments.csv")
    rows[9][7] = "x" * 301
    rows[4][7], rows[9][6] = 'a "quoted",\ntext', "1"
    text = written(rows, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    line = 1 + written(rows[:9]).count("\n")
    assert place(mangled("comments.csv", text.encode())) == ("comments.csv", line, "8")


def test_a_time_that_no_calendar_has_is_told_with_what_was_expected(mangled) -> None:
    for name, found in (("votes.csv", "253402300800000"), ("comments.csv", "1726860000000000")):
        rows = cells(name)
        rows[7][rows[0].index("timestamp")] = found
        folder = mangled(name, written(rows).encode())
        assert place(folder)[2] == "timestamp"
        with pytest.raises(MangledFileError, match=r"at most 253402300799999 \(year 9999\)"):
            read_polis(folder, "c")


DIFFERENT = {"comment-body": "Another text", "moderated": "-1", "author-id": "777"}


@pytest.mark.parametrize("column", DIFFERENT)
def test_a_comment_that_stands_twice_with_different_cells_is_told(mangled, column: str) -> None:
    rows = cells("comments.csv")
    rows.append(list(rows[3]))
    assert len(read_polis(mangled("comments.csv", written(rows).encode()), "c").proposals)
    rows[-1][rows[0].index(column)] = DIFFERENT[column]
    line = 1 + written(rows[:-1]).count("\n")
    found = place(mangled("comments.csv", written(rows).encode()))
    assert found == ("comments.csv", line, "comment-id")


def test_votes_for_a_comment_that_is_not_there_count_and_are_remarked_on(mangled) -> None:
    rows = cells("votes.csv")
    for row in (rows[5], rows[9]):
        row[rows[0].index("comment-id")] = "4711"
    found = read_polis(mangled("votes.csv", written(rows).encode()), "c")
    assert len(found.votes) == len(rows) - 1
    [remark] = [remark for remark in found.remarks if "lacks" in remark]
    place = "votes.csv, line 6, column comment-id: comments.csv lacks 1 comment with 2 votes"
    assert place in remark


@pytest.mark.parametrize("name", FILES)
def test_a_column_that_is_missing_or_stands_twice_is_told(mangled, name: str) -> None:
    rows = cells(name)
    needed = {
        "votes.csv": ["timestamp", "comment-id", "voter-id", "vote"],
        "comments.csv": ["timestamp", "comment-id", "author-id", "moderated", "comment-body"],
    }[name]
    for column in needed:
        position = rows[0].index(column)
        less = [row[:position] + row[position + 1 :] for row in rows]
        assert place(mangled(name, written(less).encode())) == (name, 1, column)
        twice = [[*row, row[position]] for row in rows]
        reported = place(mangled(name, written(twice).encode()))
        assert reported == (name, 1, str(len(rows[0]) + 1))


@pytest.mark.parametrize("name", FILES)
def test_a_header_has_a_bounded_number_of_columns(mangled, name: str) -> None:
    rows = cells(name)

    def wide(columns: int) -> bytes:
        more = range(columns - len(rows[0]))
        return written(
            [[*rows[0], *map(str, more)], *([*row, *("" for _ in more)] for row in rows[1:])]
        ).encode()

    found = read_polis(mangled(name, wide(polis_files.MAX_COLUMNS)), "c")
    assert found.votes == read_polis(EXPORT, "c").votes
    for columns in (polis_files.MAX_COLUMNS + 1, 20_000):
        folder = mangled(name, wide(columns))
        assert place(folder) == (name, 1, str(polis_files.MAX_COLUMNS + 1))
    with pytest.raises(MangledFileError, match="20,000 columns, expected 1,000 at most; use the"):
        read_polis(folder, "c")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"\0" * 100, b"PK\3\4\0\0"])
def test_what_is_no_export_at_all_is_told(mangled, name: str, content: bytes) -> None:
    assert place(mangled(name, content)) == (name, 1, "1")


CASES = FIXTURES / "cases" / "polis-mangled"


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_a_case_from_the_field_is_read_or_told_in_one_sentence(case: str) -> None:
    if case.startswith("bom"):
        assert len(read_polis(CASES / case, "c").votes) == 2
    else:
        place(CASES / case)


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "votes.csv").mkdir()
    with pytest.raises(TerminalError, match=r"votes\.csv cannot be read"):
        read_polis(tmp_path, "c")
