"""The policy `signed` on real services: who may not send is refused, by name, and stays refused.

Only the entrance of a stack runs; the log is judged again, naively and with Beam.
"""

from collections import Counter
from collections.abc import Iterator

import orjson
import pytest
from stack.entrance import await_intake, entrance
from stack.naive import Ledger
from stack.signed_day import FLOOD, KILLED_AFTER, Coordinates, Day, live_through, naive_verdicts
from stack.test_http_intake import BATCH

from infra.kafka import client as kafka
from operators.core.votes.tally import COUNTERS
from pipelines.verify.recount import Recount, recount
from schemas.topics import DEAD_LETTERS, VOTES

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def day() -> Iterator[Day]:
    with entrance() as stack:
        made = Day(stack)
        live_through(made)
        await_intake(stack)
        yield made


@pytest.fixture(scope="module")
def judged(day) -> dict[Coordinates, tuple[str, bytes]]:
    return naive_verdicts(day)


@pytest.fixture(scope="module")
def recounted(day) -> Recount:
    reader = kafka.consumer(day.stack.settings, "tests-recount")
    log = kafka.watermarks(reader, VOTES)
    reader.close()
    return recount(day.stack.settings, log)


def test_unsigned_foreign_and_excessive_messages_are_dead_letters_with_their_reasons(day, judged):
    expected = {place: verdict for place, (verdict, _) in judged.items() if verdict != "accepted"}
    reader = kafka.consumer(day.stack.settings, "tests-letters")
    letters = [orjson.loads(one.value()) for one in kafka.read_to_end(reader, DEAD_LETTERS)]
    reader.close()
    # An intake that was killed may have written a letter twice, but never two that differ.
    found = {(one["partition"], one["offset"]): one["reason"] for one in letters}
    assert found == expected
    assert all(found[one["partition"], one["offset"]] == one["reason"] for one in letters)
    count = Counter(expected.values())
    assert set(count) == {
        "bad_signature",
        "not_your_consultation",
        "not_your_participant",
        "rate_exceeded",
    }
    assert count["bad_signature"] >= 3 + 3 + 3 + 4 + 2
    assert (count["not_your_consultation"], count["not_your_participant"]) == (3, 3)
    # Of 200 within at most three minutes of the broker's clock, some are too many.
    assert count["rate_exceeded"] >= FLOOD - 3 * 60


def test_by_http_the_sender_is_told_at_once_and_a_revoked_token_opens_nothing(day):
    assert day.http_rejected == {"not_your_consultation": 1, "not_your_participant": 1}
    assert day.problems == [(429, "too-many"), (401, "no-such-token")]


def test_nothing_that_the_killed_http_intake_acknowledged_is_lost_and_repeats_change_nothing(
    day, judged, recounted
):
    assert day.repeats > 0
    assert len(day.acknowledged) >= 2 * KILLED_AFTER * BATCH
    accepted = [payload for verdict, payload in judged.values() if verdict == "accepted"]
    assert set(day.acknowledged) <= set(accepted)
    place = COUNTERS.index("agree")
    counted = sum(
        counts[place] for cell, counts in recounted.cells().items() if cell[0] == "http-killed"
    )
    assert counted == len(set(day.acknowledged))


def test_the_recount_gives_each_message_the_verdict_that_intake_gave(judged, recounted):
    """It reads the dated entries as they are now: revoked, rotated, limited."""
    ledger = Ledger()
    accepted, rejected = Counter(), Counter()
    for (partition, offset), (verdict, payload) in judged.items():
        if verdict == "accepted":
            ledger.add(payload, partition, offset)
            accepted[partition] += 1
        else:
            rejected[partition] += 1
    assert {p: n for p, n in recounted.accepted.items() if n} == dict(accepted)
    assert {p: n for p, n in recounted.rejected.items() if n} == dict(rejected)
    cells = {
        cell: {name: count for name, count in zip(COUNTERS, counts, strict=True) if count}
        for cell, counts in recounted.cells().items()
    }
    assert cells == ledger.cells()
    assert cells["europe", "p-1", "ZZ", "trusted"]["agree"] >= 40  # all of portugal and france
    assert "disagree" not in cells["europe", "p-1", "ZZ", "trusted"]  # and nothing of a forger
