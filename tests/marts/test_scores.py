"""The scores in SQL are the scores in Python, to 1e-9, on random tables with every corner."""

import numpy as np
import pytest
from clickhouse_server import insert_consultation, insert_proposals, insert_tallies

from operators.core.scores.agreement import agreement
from operators.core.scores.consensus import consensus, country_weights
from operators.core.scores.divisiveness import country_spread, divisiveness
from operators.core.scores.makeorg import KEYS, SCORES, scores
from operators.core.scores.zones import zone, zone_confident
from operators.core.votes.tally import COUNTERS

CHOICES = ("agree", "disagree", "neutral")
COUNTRIES = ["AT", "BE", "CY", "DE", "FR", "LU", "ZZ"]
TRUST = ["troll", "trusted", "sequence", "segment"]
PROPOSALS = 120
MAGNITUDES = [0, 0, 1, 3, 20, 40, 1_000, 10**9]

WEIGHTS = {
    "listed": {"AT": 9.1, "BE": 11.8, "CY": 0.9, "MT": 0.5, "FR": 68.4},  # MT never votes
    "partly": {"LU": 0.7, "AT": 0.0, "ZZ": 50.0, "DE": 1e-9, "FR": 1e9},
    "zeroes": {"AT": 0.0, "BE": 0.0},
    "nobody-votes-there": {"MT": 1.0, "EE": 2.0},
    "any-country": {},
    "not-announced": None,
}


def random_counts(rng):
    """Counts (proposal, country, trust, counter): whole tables of one magnitude, and mixed ones."""
    shape = (PROPOSALS, len(COUNTRIES), len(TRUST), len(COUNTERS))
    magnitude = rng.choice(MAGNITUDES, shape[:3])
    magnitude[PROPOSALS // 2 :] = rng.choice(MAGNITUDES, (PROPOSALS - PROPOSALS // 2, 1, 1))
    counts = rng.integers(0, magnitude[..., None] + 1, shape)
    counts[..., 3:6] = np.minimum(counts[..., 3:6], counts[..., :1])
    counts[..., 6:9] = np.minimum(counts[..., 6:9], counts[..., 1:2])
    counts[..., 9:] = np.minimum(counts[..., 9:], counts[..., 2:3])
    counts[0] = 0  # nobody
    counts[1, :, 1:] = 0  # trolls only
    counts[2, :, 2:] = 0  # nobody in a sequence
    counts[3, 1:] = 0  # one country
    counts[4, :-1] = 0  # nobody from a known country
    counts[5] = 0
    counts[5, 0, 1, 0] = 1  # one vote
    counts[6, ..., 1:3] = 0  # everybody agrees
    counts[7, ..., 0] = 0  # nobody agrees
    counts[8] = counts[9]  # equal but for the name
    return counts


@pytest.fixture(scope="module", params=WEIGHTS)
def case(request, clickhouse):
    """A consultation's name, its weights and its counts; the views hold the same."""
    name, weights = f"scores-{request.param}", WEIGHTS[request.param]
    counts = random_counts(np.random.default_rng(list(WEIGHTS).index(request.param)))
    if weights is not None:
        insert_consultation(clickhouse, name, weights)
    insert_proposals(clickhouse, name, [f"p{n:03d}" for n in range(PROPOSALS)])
    insert_proposals(clickhouse, name, ["refused"], status="refused")
    rows = [
        {"consultation_id": name, "proposal_id": f"p{p:03d}", "country": country, "trust": trust}
        | dict(zip(COUNTERS, counts[p, c, t].tolist(), strict=True))
        for p in range(PROPOSALS)
        for c, country in enumerate(COUNTRIES)
        for t, trust in enumerate(TRUST)
        if counts[p, c, t].any()
    ]
    refused = {"consultation_id": name, "proposal_id": "refused", "agree": 10**6}
    insert_tallies(clickhouse, [*rows, refused])
    return name, weights or {}, counts


def read(client, view, name, order):
    found = client.query(
        f"SELECT * FROM marts.{view} WHERE consultation_id = {{name:String}} ORDER BY {order}",
        parameters={"name": name},
    )
    return {
        column: [row[n] for row in found.result_rows] for n, column in enumerate(found.column_names)
    }


def same(column, expected):
    """Numbers equal to 1e-9, NULL where Python says NaN."""
    got = np.array([np.nan if cell is None else cell for cell in column], dtype=np.float64)
    np.testing.assert_allclose(got, np.asarray(expected, dtype=np.float64), rtol=0, atol=1e-9)


def by_counter(counts):
    return {name: counts[..., n] for n, name in enumerate(COUNTERS)}


def check_scores(board, trusted, sequence):
    """The columns that do not compare countries, whatever a row is."""
    votes = sum(trusted[choice] for choice in CHOICES)
    wilson = [agreement(int(a), int(n)) for a, n in zip(trusted["agree"], votes, strict=True)]
    assert board["votes"] == votes.tolist()
    same(board["agree_rate"], [np.nan if w.rate is None else w.rate for w in wilson])
    same(board["agree_low"], [w.low for w in wilson])
    same(board["agree_high"], [w.high for w in wilson])
    same(board["divisiveness"], divisiveness(trusted["agree"], trusted["disagree"], votes))
    found = scores({key: trusted[key] for key in KEYS}, {key: sequence[key] for key in KEYS})
    for name in SCORES:
        same(board[name], found[name].value)
        same(board[f"{name}_low"], found[name].value - found[name].half)
        same(board[f"{name}_high"], found[name].value + found[name].half)
    rates = tuple(found[choice].value for choice in CHOICES)
    halves = tuple(found[choice].half for choice in CHOICES)
    assert board["zone"] == zone(*rates).tolist()
    assert board["zone_confident"] == zone_confident(rates, halves, enough=votes >= 30).tolist()
    ranked = [n for n, enough in enumerate(votes >= 30) if enough]
    ranked.sort(key=lambda n: (-board["agree_low"][n], -votes[n], board["proposal_id"][n]))
    return votes, ranked


def ranks(order, rows):
    positions = dict(zip(order, range(1, len(order) + 1), strict=True))
    return [positions.get(n) for n in range(rows)]


def test_the_leaderboard_shows_what_python_computes(case, analyst):
    name, listed, counts = case
    board = read(analyst, "leaderboard", name, "proposal_id")
    assert board["proposal_id"] == [f"p{n:03d}" for n in range(PROPOSALS)]
    series = by_counter(counts[:, :, 1:].sum((1, 2)))
    votes, ranked = check_scores(board, series, by_counter(counts[:, :, 2:].sum((1, 2))))
    assert board["rank"] == ranks(ranked, PROPOSALS)
    for counter, column in by_counter(counts.sum((1, 2))).items():
        assert board[f"{counter}_all"] == column.tolist()
        assert board[counter] == series[counter].tolist()

    codes = sorted({*COUNTRIES, *listed})
    where = [codes.index(country) for country in COUNTRIES]
    agree = np.zeros((PROPOSALS, len(codes)), dtype=np.int64)
    voted = np.zeros_like(agree)
    agree[:, where] = counts[:, :, 1:, 0].sum(2)
    voted[:, where] = counts[:, :, 1:, :3].sum((2, 3))
    weights = country_weights(codes, voted, listed)
    found = consensus(agree, voted, weights)
    same(board["consensus"], found.value)
    same(board["consensus_low"], found.low)
    same(board["consensus_high"], found.high)
    same(board["coverage"], found.coverage)
    assert board["votes_outside"] == found.votes_outside.tolist()
    spread = np.where(np.isnan(found.value), np.nan, country_spread(found.rates, weights))
    same(board["country_spread"], spread)
    for n, weakest in enumerate(found.weakest):
        row = {c: board[c][n] for c in board if c.startswith("weakest_country")}
        if weakest < 0:
            assert set(row.values()) == {None}
            continue
        wilson = agreement(int(agree[n, weakest]), int(voted[n, weakest]))
        assert row["weakest_country"] == codes[weakest]
        assert row["weakest_country_votes"] == voted[n, weakest]
        same(
            [row[f"weakest_country_{end}"] for end in ("rate", "low", "high")],
            [wilson.rate, wilson.low, wilson.high],
        )
    ranked = [n for n in ranked if not np.isnan(found.value[n])]
    ranked.sort(key=lambda n: (-board["consensus_low"][n], -votes[n], n))
    assert board["rank_consensus"] == ranks(ranked, PROPOSALS)


def test_a_country_s_leaderboard_shows_what_python_computes(case, analyst):
    name, _, counts = case
    for c, country in enumerate(COUNTRIES):
        board = read(
            analyst, "leaderboard_by_country", name, f"country = '{country}' DESC, proposal_id"
        )
        rows = board["country"].count(country)
        board = {column: cells[:rows] for column, cells in board.items()}
        there = np.flatnonzero(counts[:, c].any((1, 2)))
        assert board["proposal_id"] == [f"p{n:03d}" for n in there]
        series = by_counter(counts[there, c, 1:].sum(1))
        _, ranked = check_scores(board, series, by_counter(counts[there, c, 2:].sum(1)))
        assert board["rank"] == ranks(ranked, rows)
        for counter, column in by_counter(counts[there, c].sum(1)).items():
            assert board[f"{counter}_all"] == column.tolist()
            assert board[counter] == series[counter].tolist()


@pytest.mark.parametrize("view", ["leaderboard", "leaderboard_by_country"])
def test_every_score_names_its_method_in_its_comment_and_in_the_row(view, analyst, case):
    described = {row[0]: row[4] for row in analyst.query(f"DESCRIBE marts.{view}").result_rows}
    assert all(described.values()), [name for name, text in described.items() if not text]
    (method,) = set(read(analyst, view, case[0], "proposal_id")["method"])
    named = dict(part.split(": ") for part in method.split("; "))
    by_column = {c: named[columns] for columns in named for c in columns.split(", ")}
    assert {"agree_rate", "top_score", "zone", "zone_confident", "divisiveness"} <= set(by_column)
    for column, version in by_column.items():
        assert described[column].endswith(f"; {version}"), column


@pytest.mark.parametrize("view", ["leaderboard", "leaderboard_by_country"])
def test_a_board_reads_the_cells_of_its_consultation_only_and_once(view, clickhouse):
    rows = clickhouse.query(
        f"EXPLAIN indexes = 1 SELECT * FROM marts.{view} WHERE consultation_id = 'one-of-many'"
    ).result_rows
    plan = "\n".join(line for (line,) in rows)
    (read_cells,) = plan.split("ReadFromMergeTree (tutti.tallies)")[1:]
    assert "(consultation_id in ['one-of-many', 'one-of-many'])" in read_cells
