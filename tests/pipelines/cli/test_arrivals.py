"""What arrived, as people read it."""

from datetime import UTC, datetime

from rich.console import Console

from infra.clickhouse.arrival_ledger import (
    ArrivalLedger,
    ArrivedCell,
    ManifestComparison,
    RejectedMessages,
)
from pipelines.cli.arrivals import draw_cells, draw_manifests, draw_rejections, warning_lines
from schemas.warnings import TrafficCell, traffic_warnings

AT = datetime(2026, 5, 1, 20, 30, tzinfo=UTC)
LEDGER = ArrivalLedger(
    "europe",
    [
        ArrivedCell("portugal", "PT", "votes", 1_500, 1_450, 50, 7, 30, 2, AT),
        ArrivedCell("", "", "votes", 12, 0, 12, 0, 0, 0, AT),
    ],
    [RejectedMessages("portugal", "votes", "bad_time", "Convert the time to UTC.", 50, AT)],
    [ManifestComparison("portugal", "votes", "PT", 1_666, 1_450, 50, -166, AT, AT)],
    list(traffic_warnings([TrafficCell("portugal", "PT", -2, 1_500, 0, 3)], ["PT", "ES"])),
)
EMPTY = ArrivalLedger("europe", [], [], [], [])


def drawn(sheet) -> str:
    console = Console(width=160)
    with console.capture() as shown:
        console.print(sheet)
    return shown.get()


def test_cells_are_shown_with_their_sums_and_what_nobody_names():
    text = drawn(draw_cells(LEDGER))
    assert "portugal" in text
    assert "1,450" in text
    assert "(none)" in text
    assert "1,512 received, 1,450 accepted, 62 rejected" in text


def test_refusals_have_their_cures_and_manifests_their_differences():
    assert "Convert the time to UTC." in drawn(draw_rejections(LEDGER))
    text = drawn(draw_manifests(LEDGER))
    assert "1,666" in text
    assert "-166" in text


def test_what_there_is_not_is_not_drawn():
    assert draw_rejections(EMPTY) is None
    assert draw_manifests(EMPTY) is None
    assert warning_lines(EMPTY) == []


def test_a_warning_is_a_line_with_source_number_and_cure():
    local, one = warning_lines(LEDGER)
    assert local.startswith("warning: portugal: 1,500 x local_time (UTC+01:00): convert cast_at")
    assert one.startswith("warning: portugal: 1,500 x one_country (PT): ")
