"""The recount: the whole log of votes counted again with Apache Beam.

It shares the rules (`schemas.dated_rules`) and the meaning of a ballot
(`operators.core.votes.ballots`) with the live path and nothing else: no Flink, no ClickHouse, no
pseudonyms, no accepted votes. It reads what campaigns sent.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from infra.config.settings import Settings
from infra.config.sources import dated_rules
from infra.kafka import client as kafka
from operators.core.votes.ballots import Ballot, Origin, ballot_of
from operators.core.votes.tally import COUNTERS, Tally
from schemas.dated_rules import DatedRules
from schemas.events import Vote
from schemas.rates import RateWindow, rate_limit, rate_window
from schemas.rejections import Rejection
from schemas.reserved import PROBE_CONSULTATION
from schemas.rules import validate_vote
from schemas.signatures import Headers
from schemas.topics import VOTES

RANGE: Final = 50_000
"""Offsets one worker reads at a time."""

MinuteCell = tuple[str, str, str, str, int]
"""Consultation, proposal, country, trust, minute since 1970."""

Message = tuple[bytes | None, Origin, Headers | None]
"""Payload, coordinates and headers."""

Counts = tuple[int, ...]
"""In the order of `COUNTERS`."""


class Range(NamedTuple):
    """Offsets ``start`` to ``end`` of a partition, the end excluded."""

    partition: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Recount:
    """What the log comes to.

    Attributes:
        minutes: Counts of current ballots per cell and minute; no cell is empty.
        accepted: Accepted messages per partition.
        rejected: Rejected messages per partition.
    """

    minutes: dict[MinuteCell, Counts]
    accepted: dict[int, int]
    rejected: dict[int, int]

    def cells(self) -> dict[tuple[str, str, str, str], Counts]:
        """Counts per cell: its minutes added up."""
        found: dict[tuple[str, str, str, str], Counts] = {}
        for (*cell, _minute), counts in self.minutes.items():
            key = (cell[0], cell[1], cell[2], cell[3])
            known = found.get(key, (0,) * len(COUNTERS))
            found[key] = tuple(a + b for a, b in zip(known, counts, strict=True))
        return found


def ranges(starts_and_ends: dict[int, tuple[int, int]]) -> list[Range]:
    """Cut partitions into pieces."""
    return [
        Range(partition, start, min(start + RANGE, last))
        for partition, (first, last) in starts_and_ends.items()
        for start in range(first, last, RANGE)
    ]


class _ReadLog(beam.DoFn):  # type: ignore[misc]
    """A range of the log → its messages."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def process(self, piece: Range) -> Iterator[Message]:
        for message in kafka.read_range(self._settings, VOTES, *piece):
            yield (
                message.value(),
                Origin(message.partition(), message.offset(), message.timestamp()[1]),
                message.headers(),
            )


COUNTED: Final = "counted"
"""Output of steps: how many messages were accepted and rejected, by partition."""
LIMITED: Final = "limited"
"""Output of a step: what limited sources have signed, by partition and `RateWindow`."""


class _Validate(beam.DoFn):  # type: ignore[misc]
    """A message → its ballot by participant and proposal, or a rejection; and a count of either.

    What a source with a rate has signed is handed on, because others decide on it, too.
    """

    def __init__(self, rules: DatedRules) -> None:
        self._rules = rules

    def process(self, message: Message) -> Iterator[Any]:
        payload, origin, headers = message
        source = self._rules.sources.limited(payload, headers, origin.broker_ms)
        if source is None:
            yield from _verdict(self._rules, message)
        else:
            key = (origin.partition, rate_window(source, origin.broker_ms))
            yield beam.pvalue.TaggedOutput(LIMITED, (key, message))


class _WithinRate(beam.DoFn):  # type: ignore[misc]
    """What a limited source has signed on a partition in a minute → as `_Validate`, up to its rate.

    It shares with intake what the rate is (`schemas.rates`), not how messages are counted.
    """

    def __init__(self, rules: DatedRules) -> None:
        self._rules = rules

    def process(self, signed: tuple[tuple[int, RateWindow], Iterable[Message]]) -> Iterator[Any]:
        (partition, _window), messages = signed
        for number, message in enumerate(sorted(messages, key=lambda one: one[1].offset)):
            payload, origin, headers = message
            source = self._rules.sources.limited(payload, headers, origin.broker_ms)
            if source is not None and number >= rate_limit(source):
                yield beam.pvalue.TaggedOutput(COUNTED, ((partition, True), 1))
            else:
                yield from _verdict(self._rules, message)


def _verdict(rules: DatedRules, message: Message) -> Iterator[Any]:
    payload, origin, headers = message
    vote = rules.validate("votes", payload, origin.broker_ms, headers)
    rejected = isinstance(vote, Rejection)
    yield beam.pvalue.TaggedOutput(COUNTED, ((origin.partition, rejected), 1))
    if isinstance(vote, Vote) and vote.consultation_id != PROBE_CONSULTATION:
        key = (vote.consultation_id, vote.proposal_id, vote.participant_id)
        yield key, ballot_of(vote, origin)


def is_probe(payload: bytes | None, broker_ms: int) -> bool:
    """Whether a message is a vote of the probe, which is counted nowhere."""
    vote = validate_vote(payload, broker_ms)
    return not isinstance(vote, Rejection) and vote.consultation_id == PROBE_CONSULTATION


class _Count(beam.CombineFn):  # type: ignore[misc]
    """Ballots of a cell → its counts."""

    def create_accumulator(self) -> Tally:
        return Tally()

    def add_input(self, tally: Tally, ballot: tuple[str, int]) -> Tally:
        return tally.add(*ballot)

    def merge_accumulators(self, tallies: Iterable[Tally]) -> Tally:
        merged = Tally()
        for tally in tallies:
            merged.merge(tally)
        return merged

    def extract_output(self, tally: Tally) -> list[int]:
        return list(tally.result().values())


def _cell(
    current: tuple[tuple[str, str, str], Ballot],
) -> tuple[MinuteCell, tuple[str, int]]:
    (consultation, proposal, _participant), ballot = current
    cell = (consultation, proposal, ballot.country, ballot.trust, ballot.minute)
    return cell, (ballot.choice, ballot.qualifications)


def judged(messages: Any, rules: DatedRules) -> tuple[Any, Any]:
    """Judge messages: two collections of Beam.

    Args:
        messages: A collection of `Message`, in any order.
        rules: The dated rules.

    Returns:
        Ballots by participant and proposal; and a 1 by (partition, whether it was rejected) for
        each message.
    """
    validated = messages | "validate" >> beam.ParDo(_Validate(rules)).with_outputs(
        COUNTED, LIMITED, main="ballots"
    )
    limited = (
        validated[LIMITED]
        | "signed in a minute" >> beam.GroupByKey()
        | "within the rate" >> beam.ParDo(_WithinRate(rules)).with_outputs(COUNTED, main="ballots")
    )
    ballots = (validated.ballots, limited.ballots) | "ballots" >> beam.Flatten()
    counted = (validated[COUNTED], limited[COUNTED]) | "all messages" >> beam.Flatten()
    return ballots, counted


def recount(settings: Settings, starts_and_ends: dict[int, tuple[int, int]]) -> Recount:
    """Count the log of votes between the given offsets.

    Args:
        settings: Where Kafka is.
        starts_and_ends: Per partition, the first offset and the end.
    """
    rules = dated_rules(settings)
    with TemporaryDirectory(prefix="tutti-recount-") as folder:
        options = PipelineOptions(["--runner=DirectRunner"])
        with beam.Pipeline(options=options) as pipeline:
            messages = (
                pipeline
                | "ranges" >> beam.Create(ranges(starts_and_ends))
                | "read" >> beam.ParDo(_ReadLog(settings))
            )
            ballots, counted = judged(messages, rules)
            _ = (
                ballots
                | "latest per participant and proposal" >> beam.CombinePerKey(max)
                | "not withdrawn" >> beam.Filter(lambda current: current[1].counts)
                | "cell" >> beam.Map(_cell)
                | "count" >> beam.CombinePerKey(_Count())
                | "minutes" >> beam.Map(json.dumps)
                | "write minutes" >> beam.io.WriteToText(f"{folder}/minutes")
            )
            _ = (
                counted
                | "add up" >> beam.CombinePerKey(sum)
                | "messages" >> beam.Map(json.dumps)
                | "write messages" >> beam.io.WriteToText(f"{folder}/messages")
            )
        minutes = {
            (cell[0], cell[1], cell[2], cell[3], cell[4]): tuple(counts)
            for cell, counts in _lines(Path(folder), "minutes")
        }
        accepted, rejected = dict.fromkeys(starts_and_ends, 0), dict.fromkeys(starts_and_ends, 0)
        for (partition, was_rejected), count in _lines(Path(folder), "messages"):
            (rejected if was_rejected else accepted)[partition] = count
    return Recount(minutes, accepted, rejected)


def _lines(folder: Path, name: str) -> Iterator[Any]:
    for file in sorted(folder.glob(f"{name}-*")):
        with file.open() as lines:
            yield from map(json.loads, lines)
