import re
from dataclasses import fields
from pathlib import Path

import pytest

from infra.clickhouse import open_boards as subject
from infra.clickhouse.views import view

SOURCE = Path(subject.__file__).read_text()


def test_every_statement_reads_open_and_nothing_else():
    read = set(re.findall(r"(?:FROM|JOIN)\s+\(?([\w.]+)", SOURCE))
    assert {name.partition(".")[0] for name in read} == {"open"}
    moments = set(re.findall(r"as_of\('([\w.]+)'", SOURCE))
    assert {name.partition(".")[0] for name in moments} == {"open"}
    assert len(read) + len(moments) >= 7


def test_no_statement_holds_a_value_that_came_from_elsewhere():
    """Values are parameters; what stands in braces of an f-string is of this module."""
    inside = set(re.findall(r"(?<!\{)\{([^{}:]+)\}(?!\})", SOURCE))
    assert inside <= {
        "MAX_TICKS", "MAX_CONSULTATIONS", "MAX_CLUSTERS", "MAX_POINTS - 1", "what",
        "columns_of(kind)", "as_of('open.leaderboard', at)",
        "as_of('open.agreement_by_country', at)",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (subject.PublicConsultation, "open.consultations"),
        (subject.PublicProposal, "open.leaderboard"),
        (subject.PublicProposal, "open.leaderboard_at"),
        (subject.PublicCluster, "open.clusters"),
        (subject.PublicCountry, "open.agreement_by_country"),
    ],
)
def test_a_class_holds_columns_of_its_view(kind, name):
    assert {field.name for field in fields(kind)} <= view(name).columns.keys()
