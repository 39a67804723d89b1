"""The arrival ledger is equal to a recount, whatever is inserted twice and in whatever order."""

import random
from datetime import UTC, datetime

import msgspec
import pytest
from arrivals_recount import KNOWN, MessagePlace, recount, troubled_votes
from clickhouse_server import insert_consultation, insert_proposals, insert_votes

from infra.clickhouse.tables import RECORD_TABLES, insert_lines, insert_rows
from operators.core.votes.acceptance import Acceptance
from operators.core.votes.ballots import Origin
from operators.core.votes.pseudonyms import pseudonymiser
from schemas.delays import half_hours, is_late
from schemas.rejections import ADVICE
from schemas.reserved import PROBE_CONSULTATION
from schemas.times import format_instant

NOON_MS = int(datetime(2026, 6, 20, 12, tzinfo=UTC).timestamp() * 1000)
ACCEPTANCE = Acceptance(pseudonymiser(b"0123456789abcdef"))
LEDGER = (
    "SELECT toUnixTimestamp(minute), source, country, kind, received, accepted, rejected, late,"
    " replaced, unknown_proposal FROM marts.arrivals WHERE consultation_id = {id:String}"
)
REJECTIONS = (
    "SELECT toUnixTimestamp(minute), source, country, kind, reason, messages FROM marts.refusals"
    " WHERE consultation_id = {id:String}"
)


def rows(client, sql, name):
    found = client.query(sql, parameters={"id": name}).result_rows
    return {tuple(map(str, row[:-1])): row[-1] for row in found} if sql == REJECTIONS else [*found]


def messages(name, seed, count=1_500):
    """Over ten minutes, on three partitions."""
    dice = random.Random(seed)
    for number, vote in enumerate(troubled_votes(name, seed, count, NOON_MS)):
        yield vote, MessagePlace(dice.randrange(3), number, NOON_MS + dice.randrange(600_000))


def insert(client, sent):
    """As the sink does: what intake made of the messages, table by table."""
    lines = {}
    for vote, origin in sent:
        record = ACCEPTANCE.accept_vote(msgspec.json.encode(vote), Origin(*origin))
        lines.setdefault(RECORD_TABLES[record.topic], []).append(record.value)
    for table, values in lines.items():
        insert_lines(client, table, b"\n".join(values))


@pytest.mark.parametrize("seed", range(3))
def test_it_equals_a_recount_although_everything_is_inserted_twice_and_in_disorder(
    clickhouse, analyst, seed
):
    name = f"arrivals-{seed}"
    insert_proposals(clickhouse, name, list(KNOWN))
    sent = list(messages(name, seed))
    dice = random.Random(seed)
    repeats = sent + dice.sample(sent, len(sent) // 2)
    dice.shuffle(repeats)
    for start in range(0, len(repeats), 700):
        insert(clickhouse, repeats[start : start + 700])
    ledger, rejections = recount(sent)
    found = [list(row) for row in rows(analyst, LEDGER, name) if row[3] == "votes"]
    assert sorted(found) == sorted(ledger)
    assert sum(row[5] for row in found) > 500
    assert min(sum(row[place] for row in found) for place in range(6, 10)) > 30
    assert rows(analyst, REJECTIONS, name) == rejections
    # Once more, all of it, as after an emptied position; and merged.
    insert(clickhouse, sent)
    clickhouse.command("OPTIMIZE TABLE tutti.arrivals FINAL")
    found = [list(row) for row in rows(analyst, LEDGER, name) if row[3] == "votes"]
    assert sorted(found) == sorted(ledger)


def test_proposals_and_consultations_are_in_it_each_message_once(clickhouse, analyst):
    insert_proposals(clickhouse, "arrivals-kinds", ["a", "b"])
    insert_proposals(clickhouse, "arrivals-kinds", ["a", "b"])  # the same messages
    insert_consultation(clickhouse, "arrivals-kinds", offset=7)
    insert_consultation(clickhouse, "arrivals-kinds", offset=8)
    found = {(row[3], row[4], row[5]) for row in rows(analyst, LEDGER, "arrivals-kinds")}
    assert found == {("proposals", 2, 2), ("consultations", 2, 2)}


def test_coordinates_of_other_partitions_and_topics_are_other_messages(clickhouse, analyst):
    for partition in range(3):
        insert_votes(
            clickhouse,
            [
                {
                    "consultation_id": "arrivals-places", "proposal_id": "p",
                    "participant": partition, "origin_partition": partition,
                }
            ],
        )  # fmt: skip
    insert_proposals(clickhouse, "arrivals-places", ["p"])
    found = {row[3]: row[4] for row in rows(analyst, LEDGER, "arrivals-places")}
    assert found == {"votes": 3, "proposals": 1}


def test_the_ledger_classifies_delays_as_the_formula_does(clickhouse):
    dice = random.Random(5)
    half = 1_800_000
    asked = [
        sign * max(0, near * half + off)
        for near in range(31)
        for off in (-120_001, -120_000, -1, 0, 1, 120_000, 120_001, dice.randrange(-half, half))
        for sign in (1, -1)
    ]
    insert_votes(
        clickhouse,
        [
            {
                "consultation_id": "arrivals-delays", "proposal_id": "p", "participant": n,
                "origin_ms": NOON_MS, "cast_ms": NOON_MS - delay, "source": f"s{n}",
            }
            for n, delay in enumerate(asked)
        ],
    )  # fmt: skip
    found = clickhouse.query(
        "SELECT source, late, half_hours FROM tutti.arrival_cells"
        " WHERE consultation_id = 'arrivals-delays'"
    ).result_rows
    assert {source: (bool(late), zone) for source, late, zone in found} == {
        f"s{n}": (is_late(delay), half_hours(delay)) for n, delay in enumerate(asked)
    }


def test_votes_from_the_future_keep_how_many_half_hours_they_are_ahead(clickhouse):
    name = "arrivals-future"
    votes = [
        (
            {
                "consultation_id": name, "proposal_id": "p", "participant_id": "a",
                "choice": "agree", "cast_at": format_instant(NOON_MS + ahead), "source": f"s{n}",
            },
            Origin(2, n, NOON_MS),
        )
        for n, ahead in enumerate((300_001, 3_599_000, 7_200_000, 9_000_000))
    ]  # fmt: skip
    insert(clickhouse, votes)
    found = clickhouse.query(
        "SELECT source, half_hours FROM tutti.arrival_cells WHERE consultation_id = {id:String}",
        parameters={"id": name},
    ).result_rows
    assert dict(found) == {"s0": 0, "s1": -2, "s2": -4, "s3": -5}


def test_every_reason_has_its_cure_in_the_view(clickhouse, analyst):
    columns = ["topic", "partition", "offset", "received_at", "reason", "consultation_id"]
    insert_rows(
        clickhouse,
        "dead_letters",
        columns,
        [
            ["tutti.votes.v1", 9, n, datetime.fromtimestamp(NOON_MS / 1000, UTC), reason, "cures"]
            for n, reason in enumerate(ADVICE)
        ],
    )
    found = analyst.query(
        "SELECT reason, cure FROM marts.refusals WHERE consultation_id = 'cures'"
    ).result_rows
    assert dict(found) == {reason: advice.cure for reason, advice in ADVICE.items()}


def test_the_probe_is_nobody_s_traffic(clickhouse, analyst):
    insert_votes(
        clickhouse,
        [{"consultation_id": PROBE_CONSULTATION, "proposal_id": "p", "participant": 1}],
        first_offset=900,
    )
    assert rows(analyst, LEDGER, PROBE_CONSULTATION) == []


def manifest(clickhouse, *counts, version=1):
    columns = ["source", "consultation_id", "country", "hour", "kind", "messages", "version"]
    at = datetime(2026, 6, 20, 12, tzinfo=UTC)
    insert_rows(
        clickhouse,
        "manifests",
        columns,
        [["tv", "arrivals-sent", c, at, "votes", n, version] for c, n in counts],
    )


def test_what_a_source_believes_it_sent_is_compared_by_hour_and_country(clickhouse, analyst):
    base = {"consultation_id": "arrivals-sent", "proposal_id": "p", "source": "tv"}
    later = NOON_MS + 3_600_000  # an hour of which nothing was posted
    insert_votes(
        clickhouse,
        [base | {"participant": n, "country": "FR", "origin_ms": NOON_MS} for n in range(9)]
        + [base | {"participant": 20, "country": "DE", "origin_ms": NOON_MS}]
        + [base | {"participant": 21, "country": "DE", "origin_ms": later}]
        + [base | {"participant": 22, "source": "app", "origin_ms": NOON_MS}],
        first_offset=5_000,
    )
    manifest(clickhouse, ("FR", 99))
    manifest(clickhouse, ("FR", 10), ("PT", 4), version=2)
    found = analyst.query(
        "SELECT source, country, sent, accepted, rejected, difference FROM marts.manifests"
        " WHERE consultation_id = 'arrivals-sent' ORDER BY country"
    ).result_rows
    assert [tuple(row) for row in found] == [
        ("tv", "DE", 0, 1, 0, 1),
        ("tv", "FR", 10, 9, 0, -1),
        ("tv", "PT", 4, 0, 0, -4),
    ]
