"""Agree and disagree are compared with what comments.csv counts."""

import csv
import re
import shutil
from pathlib import Path

import pytest
from places import FIXTURES

from operators.core.errors import TerminalError
from pipelines.exchange.polis_import import read_polis
from pipelines.exchange.polis_sign import SignCounts, compare_signs

FILE = Path("comments.csv")


def votes(*counts: tuple[int, int]) -> list[dict[str, str]]:
    return [
        {"proposal_id": str(n), "choice": choice}
        for n, (agree, disagree) in enumerate(counts)
        for choice in ["agree"] * agree + ["disagree"] * disagree + ["neutral"]
    ]


def counted(*counts: tuple[int, int]) -> dict[str, SignCounts]:
    return {str(n): SignCounts(*count) for n, count in enumerate(counts)}


def flipped(source: Path, target: Path) -> Path:
    shutil.copytree(source, target)
    with (source / "votes.csv").open(newline="") as lines:
        header, *rows = csv.reader(lines)
    position = header.index("vote")
    for row in rows:
        row[position] = str(-int(row[position]))
    with (target / "votes.csv").open("w", newline="") as out:
        csv.writer(out).writerows([header, *rows])
    return target


def test_an_export_with_the_raw_sign_is_refused_and_the_cure_imports_it(tmp_path: Path) -> None:
    folder = flipped(FIXTURES / "polis", tmp_path / "flipped")
    with pytest.raises(TerminalError, match=r"exchanged.*--sign raw"):
        read_polis(folder, "c")
    cured = read_polis(folder, "c", sign="raw")
    assert cured.votes == read_polis(FIXTURES / "polis", "c").votes
    assert not cured.remarks


def test_a_sign_that_is_named_and_wrong_is_refused_too() -> None:
    with pytest.raises(TerminalError, match="--sign export"):
        read_polis(FIXTURES / "polis", "c", sign="raw")


def test_the_case_from_the_field_is_refused() -> None:
    with pytest.raises(TerminalError, match=r"9 agree and 1 disagree, votes\.csv 0 and 9"):
        read_polis(FIXTURES / "cases" / "polis-silent" / "flip", "c")


def test_equal_counts_are_not_remarked_on() -> None:
    assert compare_signs(FILE, counted((3, 1), (0, 2)), votes((3, 1), (0, 2)), "export") == []


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ([(2, 0)], [(1, 50)]),  # counted long before, and minds have changed since
        ([(0, 0), (0, 0)], [(70, 3), (2, 9)]),  # not counted at all
        ([(5, 5)], [(9, 9)]),  # either way
        ([(60, 20)], [(30, 10)]),  # half of the rows are missing
    ],
)
def test_counts_of_another_moment_are_remarked_on_and_no_reason_to_refuse(theirs, ours) -> None:
    [remark] = compare_signs(FILE, counted(*theirs), votes(*ours), "export")
    assert "of different moments" in remark


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ([(3, 0), (0, 3), (5, 5)], [(2, 1), (1, 2), (5, 5)]),
        ([(4, 0), (0, 0)], [(0, 0), (4, 0)]),  # columns of votes.csv are exchanged
    ],
)
def test_a_remark_on_counts_names_two_that_differ(theirs, ours) -> None:
    [remark] = compare_signs(FILE, counted(*theirs), votes(*ours), "export")
    named = re.search(r"for comment 0 \((\d+ and \d+) against (\d+ and \d+)\):", remark)
    assert named
    assert named[1] != named[2]


def test_an_export_without_counts_is_not_compared(tmp_path: Path) -> None:
    folder = flipped(FIXTURES / "polis", tmp_path / "flipped")
    with (folder / "comments.csv").open(newline="") as lines:
        rows = [row[:4] + row[6:] for row in csv.reader(lines)]
    with (folder / "comments.csv").open("w", newline="") as out:
        csv.writer(out).writerows(rows)
    assert read_polis(folder, "c").remarks == []
