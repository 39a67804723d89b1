"""Which messages were accepted, rejected, and replaced by later ones."""

from clickhouse_connect.driver.client import Client
from clickhouse_server import insert_consultation, insert_proposals, insert_votes

from infra.clickhouse import messages
from infra.clickhouse.tables import insert_rows
from schemas.topics import PROPOSALS, VOTES

COORDINATES = ("topic", "partition", "offset", "reason")


def test_a_vote_counts_once_and_only_before_the_end_asked_for(clickhouse: Client) -> None:
    votes = [
        {"consultation_id": "messages", "proposal_id": "p", "participant": n, "origin_partition": 7}
        for n in range(5)
    ]
    before = messages.all_accepted_votes(clickhouse)
    insert_votes(clickhouse, votes, first_offset=999_998)  # on both sides of a million
    insert_votes(clickhouse, votes, first_offset=999_998)
    for end, found in ((999_998, 0), (1_000_000, 2), (1_000_001, 3), (2_000_000, 5)):
        assert messages.accepted_votes(clickhouse, {7: end})[7] == found
    assert messages.all_accepted_votes(clickhouse) == before + 5


def test_rejected_votes_are_told_by_partition_and_by_reason(clickhouse: Client) -> None:
    # Partitions of which no other test knows: they share this server.
    before = messages.rejected_votes_by_reason(clickhouse)
    rows = [
        (VOTES.name, 97, 1, "bad_country"), (VOTES.name, 97, 2, "bad_json"),
        (VOTES.name, 98, 2, "bad_json"), (VOTES.name, 97, 2, "bad_json"),
        (PROPOSALS.name, 97, 1, "bad_json"),
    ]  # fmt: skip
    insert_rows(clickhouse, "dead_letters", COORDINATES, rows)
    assert messages.rejected_votes(clickhouse, {97: 9, 98: 3}) == {97: 2, 98: 1}
    assert messages.rejected_votes(clickhouse, {97: 2}) == {97: 1}
    after = messages.rejected_votes_by_reason(clickhouse)
    grown = {reason: count - before.get(reason, 0) for reason, count in after.items()}
    assert {reason: count for reason, count in grown.items() if count} == {
        "bad_country": 1,
        "bad_json": 2,
    }


def test_a_later_message_is_one_of_the_same_thing(clickhouse: Client) -> None:
    insert_proposals(clickhouse, "later", ["a", "b"])  # their offsets are 0 and 1
    assert messages.has_later_proposal(clickhouse, "later", "b", 0)
    assert not messages.has_later_proposal(clickhouse, "later", "b", 1)
    assert not messages.has_later_proposal(clickhouse, "later", "a", 0)
    insert_consultation(clickhouse, "later", offset=5)
    assert messages.has_later_consultation(clickhouse, "later", 4)
    assert not messages.has_later_consultation(clickhouse, "later", 5)
    assert not messages.has_later_consultation(clickhouse, "sooner", 4)
