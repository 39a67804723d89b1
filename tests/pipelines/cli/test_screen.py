"""Sheets at the sizes of terminals: what stays, what goes, and that nothing else is cut."""

import io
import json
import re

import pytest
from rich.cells import cell_len
from rich.screen import Screen as WholeScreen

from infra.clickhouse.groups_report import read_groups
from infra.local.status import status
from pipelines.cli.board import draw_board, read_board
from pipelines.cli.clusters import draw_clusters, read_clusters
from pipelines.cli.consultations import draw_consultations, read_consultations
from pipelines.cli.groups import draw_groups
from pipelines.cli.installation import clickhouse, settings
from pipelines.cli.screen import Column, Screen, Sheet, table
from pipelines.cli.signals import draw_signals, read_signals
from pipelines.cli.similar import draw_similar, pairs
from pipelines.cli.status import draw_status

SIZES = [(80, 24), (100, 30), (160, 50)]
LONG = "Every new public building and every supermarket should carry solar panels on its roof."


def shown(drawn, width: int, height: int | None = None) -> list[str]:
    """The lines of something drawn; with a height, as it fills a screen that is watched."""
    console = Screen(width=width, height=height, file=io.StringIO())
    if height:
        drawn.height = height
    console.print(WholeScreen(drawn) if height else drawn)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def wide_sheet(rows: int = 3) -> Sheet:
    columns = [
        Column("#", right=True), Column("least", 3), Column("text", subject=True),
        Column("more", 2), Column("most", 1, right=True),
    ]  # fmt: skip
    cells = [[str(n + 1), "l" * 20, LONG, "m" * 20, "9" * 12] for n in range(rows)]
    return Sheet("A title", columns, cells, "a caption")


def test_less_important_columns_go_first_and_the_subject_takes_the_room_that_is_left():
    for width, gone in ((160, set()), (80, {"least"}), (60, {"least", "more"})):
        _, header, _, first, *_ = shown(wide_sheet(), width)
        assert set(header.split()) == {"#", "least", "text", "more", "most"} - gone, width
        assert cell_len(first) == min(width, 1 + 20 + len(LONG) + 20 + 12 + 4 * 2)
    assert shown(wide_sheet(), 20)[1].split() == ["#", "text"]


def test_a_narrow_column_stays_where_only_a_wide_one_has_to_go():
    columns = [Column("text", subject=True), Column("n", 3), Column("wide", 2)]
    header, *_ = shown(Sheet("", columns, [[LONG, "1", "w" * 60]]), 80)
    assert "n" in header.split()
    assert "wide" not in header.split()


def test_a_column_without_anything_in_it_takes_no_room():
    columns = [Column("text", subject=True), Column("empty")]
    assert shown(Sheet("", columns, [["a", ""], ["b", None]]), 80)[0].split() == ["text"]
    assert shown(Sheet("", columns, []), 80)[0].split() == ["text", "empty"]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_screen_that_is_watched_shows_title_caption_and_the_rows_between(width, height):
    lines = shown(wide_sheet(200), width, height)
    assert len(lines) == height
    assert lines[0] == "A title"
    assert lines[-1] == "a caption"
    assert lines[-2].split()[0] == str(height - 4)


@pytest.fixture(scope="module")
def sheets(commands, tmp_path_factory):
    """Every sheet of every consultation: name → (sheet, subjects of its rows)."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in commands.environment().items():
            patch.setenv(name, value)
        views = clickhouse()
        drawn = {"list": draw_consultations(read_consultations(views))}
        for consultation in commands.texts:
            by = "consensus" if consultation == "acting" else "agreement"
            drawn |= {
                f"top {consultation}": draw_board(read_board(views, consultation, 100, by=by)),
                f"clusters {consultation}": draw_clusters(read_clusters(views, consultation, 100)),
                f"signals {consultation}": draw_signals(
                    consultation, read_signals(views, consultation)
                ),
                f"similar {consultation}": draw_similar(
                    pairs(views, consultation, 100), of_pairs=True
                ),
            }
            grouped = read_groups(views, consultation, 100)
            for number, sheet in enumerate(draw_groups(grouped)):
                drawn[f"groups {number} {consultation}"] = sheet
        drawn["status"] = draw_status(status(settings()))
        return drawn


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_board_fits_and_only_its_subject_is_ever_cut(sheets, width, height):
    for name, sheet in sheets.items():
        lines = shown(sheet, width)
        assert max(map(cell_len, lines)) <= width, name
        header = next(n for n, line in enumerate(lines) if line.startswith("──")) - 1
        subjects = [column.name for column in sheet.columns if column.subject]
        for line, row in zip(lines[header + 2 :], sheet.cells, strict=False):
            for at, column in enumerate(sheet.columns):
                if column.subject:
                    start = row[at].plain[:8].split("…")[0].strip()
                    assert start in line, (name, line)
                elif not column.goes:
                    assert row[at].plain in line, (name, line)
            cut = line.count("…") - sum(row[at].plain.count("…") for at in range(len(row)))
            assert cut <= len(subjects), (name, line)
        assert len(shown(sheet, width, height)) == height


def test_a_board_of_80_columns_has_what_a_watcher_looks_for(sheets):
    lines = shown(sheets["top case-1"], 80)
    assert lines[0] == "Mobility [/b] budget (case-1)"
    assert {"#", "proposal", "id", "votes", "agree", "95", "%"} <= set(lines[1].split())
    assert lines[3].startswith("1  Close [/old] roads near schools")
    assert "600 ballots" in lines[-2]
    assert "2 proposals" in lines[-2]


@pytest.mark.parametrize("lines", [24])
def test_an_explanation_is_one_screen(commands, lines):
    calls = [["explain", "acting", proposal] for proposal in commands.texts["acting"]]
    for call, ended in zip(calls, commands.each(calls, COLUMNS="80"), strict=True):
        assert len(ended.out.splitlines()) <= lines, call
        assert max(map(cell_len, ended.out.splitlines())) <= 80
        assert "WITH counts AS" not in ended.out
    [ended] = commands.each([["explain", "acting", "c0", "--sql"]])
    assert ended.out.startswith("WITH counts AS")
    (again,) = commands.each([["query", ended.out, "--format", "JSONEachRow"]])
    assert json.loads(again.out)["agree"] == 270


@pytest.mark.parametrize(
    ("call", "until", "first"),
    [
        (["top", "case-1"], "ranked by", "Mobility [/b] budget (case-1)"),
        (["top", "acting"], "ranked by", "Title \\u001b]0;owned\\u0007 [/b] \\u202e"),
        (
            ["clusters", "acting"],
            "agreement: mean",
            "clusters of acting: 10 proposals in 1 cluster",
        ),
        (
            ["clusters", "empty"],
            "no proposal is in a cluster yet",
            "clusters of empty: 0 proposals",
        ),
        (["status"], "groups", "tutti"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_watched_fits_the_terminal_until_ctrl_c(commands, call, until, first):
    written = commands.on_a_terminal(*call, "--watch", until=until)
    frame = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.split("\x1b[H")[-1])
    lines = frame.rstrip("\n").split("\n")
    assert lines[0].startswith(first)
    assert len(lines) <= 24
    assert max(map(cell_len, lines)) <= 80


def test_long_texts_are_folded_and_no_other_column_loses_its_place():
    drawn = table(
        "pairs", ["id", "other", "similarity", "text", "other_text"],
        [["p-100", "p-200", 0.912, LONG, LONG]],
    )  # fmt: skip
    for width in (80, 100, 160):
        lines = shown(drawn, width)
        assert max(map(len, lines)) <= width
        assert {"p-100", "p-200", "0.912"} <= set(" ".join(lines).split())
        assert " ".join(lines).count("supermarket") == 2


def test_markup_and_emoji_codes_are_texts():
    lines = shown(Sheet("[bold]t[/]", [Column("a")], [["[/] :smile:"]], "[red]c"), 80)
    assert [lines[0], lines[3], lines[4]] == ["[bold]t[/]", "[/] :smile:", "[red]c"]
    assert "[link=x]\\u001b" in " ".join(shown(table("[b]", ["c"], [["[link=x]\x1b"]]), 80))
    assert shown("[/] \x1b :smile:", 80) == ["[/] \\u001b :smile:"]
