import pytest
from live_rows import PROPOSALS, consultation, proposal

from pipelines.live.boards import PublicBoard
from pipelines.live.selection import Selection, select


def ids(selection: Selection, rows=None) -> list[str]:
    board = PublicBoard(
        consultation(), PROPOSALS if rows is None else rows, [], {"p1": "c1", "p3": "c1"}, None
    )
    return [row.proposal_id for row in select(board, selection)[0]]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("agreement", ["p1", "p2", "p3"]),
        ("consensus", ["p2", "p1", "p3"]),
        ("controversy", ["p1", "p2", "p3"]),
        ("countries", ["p1", "p2", "p3"]),
        ("votes", ["p1", "p2", "p3"]),
        ("newest", ["p2", "p1", "p3"]),
    ],
)
def test_what_orders_it_and_what_has_too_few_ballots_comes_last(sort, expected):
    assert ids(Selection(sort)) == expected


def test_a_row_without_a_rank_never_leads_by_a_score():
    rows = [proposal("few", rank=None, votes=3, divisiveness=1.0), proposal("many", votes=90)]
    assert ids(Selection("controversy"), rows) == ["many", "few"]
    assert ids(Selection("votes"), rows) == ["many", "few"]


@pytest.mark.parametrize("words", ["ECOLE gratuite", "école", "gratuite ecole"])
def test_a_search_finds_words_in_any_case_order_and_accent(words):
    rows = [proposal("a", text="L'École gratuite"), proposal("b", text="Other")]
    assert ids(Selection(q=words), rows) == ["a"]


def test_a_search_for_what_acts_elsewhere_is_a_search():
    for words in ("%", "' OR 1=1 --", "[", "\\", "\x00"):
        assert ids(Selection(q=words)) == []


def test_a_cluster_and_a_part_are_chosen():
    assert ids(Selection(cluster="c1")) == ["p1", "p3"]
    assert ids(Selection(cluster="unknown")) == []
    assert ids(Selection(limit=1, offset=1)) == ["p2"]


def test_where_countries_differ_is_how_far_the_weakest_is_below_all():
    rows = [proposal("a"), proposal("b", weakest_country_rate=0.1), proposal("c", agree_rate=None)]
    assert ids(Selection("countries"), rows) == ["b", "a", "c"]
