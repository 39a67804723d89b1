"""Intake rejects what a source signs beyond its rate, and a restart changes no verdict."""

import json
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from operators.core.votes.acceptance import Accept, Acceptance
from operators.core.votes.ballots import Origin
from pipelines.intake.signed_rates import SignedRates
from schemas.dated_rules import DatedRules
from schemas.rates import MINUTE_MS
from schemas.signatures import Headers, signed_headers
from schemas.sources import SigningPolicy, SourceEntry, Sources
from schemas.topics import VOTES, Topic

START = datetime(2026, 5, 1, tzinfo=UTC)
MAY = 1_777_593_600_000
KEY = bytes([1]) * 32
LIMITED = SourceEntry("web", START, KEY.hex(), kafka_rate=1)
FREE = SourceEntry("app", START, KEY.hex())


class Logged(NamedTuple):
    """A message as it lies in the log."""

    payload: bytes
    signed: Headers
    at_ms: int
    offset: int

    def value(self) -> bytes:
        return self.payload

    def headers(self) -> Headers:
        return self.signed

    def timestamp(self) -> tuple[int, int]:
        return 1, self.at_ms


def logged(name: str, count: int, every_ms: int, key: bytes = KEY) -> list[Logged]:
    found = []
    for number in range(count):
        payload = json.dumps(
            {
                "consultation_id": "c",
                "proposal_id": "p",
                "participant_id": str(number),
                "choice": "agree",
                "cast_at": "2026-05-01T00:00:00Z",
            }
        ).encode()
        headers = signed_headers(name, key, payload)
        found.append(Logged(payload, headers, MAY + number * every_ms, number))
    return found


def acceptance(*sources: SourceEntry) -> Acceptance:
    rules = DatedRules(sources=Sources(sources, [SigningPolicy(START, "signed")]))
    return Acceptance(lambda _consultation, person: person, rules)


def limiting(rates: SignedRates, of: Acceptance) -> dict[str, Accept]:
    return rates.limiting(of.by_topic(), of.rules.sources)


def verdicts(log: list[Logged], restarts: set[int], by: Acceptance, partition: int = 0):
    """The verdict on each message, of processes that are killed before some of them."""
    reads: list[tuple[int, int]] = []

    def read_since(topic: Topic, asked: int, since_ms: int, end: int) -> list[Logged]:
        assert (topic, asked) == (VOTES, partition)
        reads.append((since_ms, end))
        return [one for one in log if one.offset < end and one.at_ms >= since_ms]

    found = []
    for one in log:
        if one.offset in restarts or not one.offset:
            accept = limiting(SignedRates(read_since), by)[VOTES.name]
        record = accept(one.payload, Origin(partition, one.offset, one.at_ms), one.signed)
        found.append(record.rejected or "accepted")
    return found, reads


@pytest.mark.parametrize("restarts", [set(), {30}, {61, 62, 63}, set(range(200))])
def test_what_is_beyond_the_rate_is_rejected_whenever_intake_is_restarted(restarts):
    log = logged("web", 200, 500)  # 120 in the first minute, 80 in the second
    found, reads = verdicts(log, restarts, acceptance(LIMITED))
    expected = ["accepted"] * 60 + ["rate_exceeded"] * 60
    expected += ["accepted"] * 60 + ["rate_exceeded"] * 20
    assert found == expected
    assert len(reads) == len(restarts | {0})  # once by each process
    assert all(since_ms >= MAY - MINUTE_MS for since_ms, _ in reads)


def test_a_forger_uses_up_nobody_s_rate_and_another_source_has_no_limit():
    forged = logged("web", 100, 1, key=bytes(32))
    found, reads = verdicts(forged, set(), acceptance(LIMITED, FREE))
    assert set(found) == {"bad_signature"}
    assert (
        verdicts(logged("app", 100, 1), set(), acceptance(LIMITED, FREE))[0] == ["accepted"] * 100
    )
    assert reads == []


def test_another_process_that_takes_the_partitions_back_counts_again():
    log = logged("web", 100, 1)
    reads = []
    rates = SignedRates(lambda *asked: reads.append(asked) or log[: asked[-1]])
    accept = limiting(rates, acceptance(LIMITED))[VOTES.name]
    for one in (log[60], log[61]):
        record = accept(one.payload, Origin(0, one.offset, one.at_ms), one.signed)
        assert record.rejected == "rate_exceeded"
    assert len(reads) == 1
    rates.forget()
    accept(log[62].payload, Origin(0, 62, log[62].at_ms), log[62].signed)
    assert [asked[-1] for asked in reads] == [60, 62]


def test_where_nobody_is_limited_nothing_is_added_to_the_way_of_a_message():
    plain = acceptance(FREE)
    rates = SignedRates(lambda *_: pytest.fail("nothing is to be read"))
    assert limiting(rates, plain) == plain.by_topic()
