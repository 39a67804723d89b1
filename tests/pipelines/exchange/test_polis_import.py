"""Polis exports as events: ids, signs, statuses and countries."""

import csv
from collections import Counter

import pytest
from orjson import dumps
from places import FIXTURES

from operators.core.errors import TerminalError
from pipelines.exchange.polis_import import country_rule, read_polis
from schemas.rejections import Rejection
from schemas.rules import validate_consultation, validate_proposal, validate_vote
from schemas.times import parse_instant

LATER_MS = 4_000_000_000_000


@pytest.mark.parametrize(
    ("folder", "conversation"), [("polis", None), ("polis_raw", "3"), ("polis_raw", "7")]
)
def test_every_event_is_accepted_by_the_rules(folder, conversation):
    found = read_polis(FIXTURES / folder, "c", ["FR"], conversation)
    assert found.proposals
    assert found.votes
    verdicts = [validate_consultation(dumps(found.consultation), LATER_MS)]
    verdicts += [validate_proposal(dumps(proposal), LATER_MS) for proposal in found.proposals]
    verdicts += [validate_vote(dumps(vote), LATER_MS) for vote in found.votes]
    assert not [verdict for verdict in verdicts if isinstance(verdict, Rejection)]


def test_the_exports_own_ids_and_times_are_kept():
    found = read_polis(FIXTURES / "polis", "c")
    with (FIXTURES / "polis" / "votes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(found.votes)
    for row, vote in zip(rows, found.votes, strict=True):
        assert vote["proposal_id"] == row["comment-id"]
        assert vote["participant_id"] == row["voter-id"]
        assert parse_instant(vote["cast_at"]) == int(row["timestamp"])
        assert vote["choice"] == {"1": "agree", "-1": "disagree", "0": "neutral"}[row["vote"]]


def test_raw_tables_have_the_opposite_sign():
    with (FIXTURES / "polis_raw" / "votes.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["zid"] == "3"]
    expected = Counter({"-1": "agree", "1": "disagree", "0": "neutral"}[r["vote"]] for r in rows)
    found = read_polis(FIXTURES / "polis_raw", "c", conversation="3")
    assert Counter(vote["choice"] for vote in found.votes) == expected


def test_moderated_out_proposals_are_refused_and_waiting_ones_pending():
    with (FIXTURES / "polis" / "comments.csv").open(newline="") as file:
        moderated = {row["comment-id"]: row["moderated"] for row in csv.DictReader(file)}
    found = read_polis(FIXTURES / "polis", "c")
    for proposal in found.proposals:
        status = {"1": "accepted", "0": "pending", "-1": "refused"}
        assert proposal["status"] == status[moderated[proposal["proposal_id"]]]


def test_without_countries_the_country_is_unknown():
    assert {vote["country"] for vote in read_polis(FIXTURES / "polis", "c").votes} == {"ZZ"}


def test_a_voter_always_has_the_same_one_of_the_countries():
    votes = read_polis(FIXTURES / "polis", "c", ["FR", "DE"]).votes
    by_voter = {(vote["participant_id"], vote["country"]) for vote in votes}
    assert len(by_voter) == len({voter for voter, _ in by_voter})
    assert {country for _, country in by_voter} == {"FR", "DE"}
    rule = country_rule("c", ["FR", "DE"])
    # The rule is published, so that anybody can repeat it: these do not change.
    assert [rule(voter) for voter in "1234"] == ["FR", "FR", "FR", "DE"]


def test_errors_say_what_to_do(tmp_path):
    with pytest.raises(TerminalError, match="is missing"):
        read_polis(tmp_path, "c")
    with pytest.raises(TerminalError, match="choose one with --conversation, one of 3, 7"):
        read_polis(FIXTURES / "polis_raw", "c")
    (tmp_path / "votes.csv").write_text("a,b\n1,2\n")
    (tmp_path / "comments.csv").write_text("a,b\n1,2\n")
    with pytest.raises(TerminalError, match="no layout of Polis"):
        read_polis(tmp_path, "c")
    for file in ("votes.csv", "comments.csv"):
        heads, *_ = (FIXTURES / "polis" / file).read_text().splitlines()
        (tmp_path / file).write_text(f"{heads}\n")
    with pytest.raises(TerminalError, match="hold no rows: nothing to import"):
        read_polis(tmp_path, "c")
