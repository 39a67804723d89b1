"""Receipts: what became of each message of a batch, and the receipts of batches sent before."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, Final

import msgspec
import structlog
from redis import Redis, RedisError

from pipelines.http_intake.delivery import Coordinates
from pipelines.http_intake.problems import ProblemError
from schemas.rejections import ADVICE, Rejection

RECEIPTS: Final = "tutti:receipt:"
KEEP_S: Final = 86_400
"""How long a receipt is given again to a repeated key."""
MAX_KEPT_BYTES: Final = 65_536
"""Of a receipt: a larger one is not kept, and its batch, repeated, is taken again."""
MAX_KEY: Final = 255

log = structlog.get_logger()


class RejectedMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message of the batch that was rejected.

    Attributes:
        line: Its number in the batch, from 1.
        reason: As in dead letters.
        field: Path of the field at fault; left out for the message as a whole.
        expected: What the rule expects; left out if the reason says it.
        cure: What its sender does about it.
    """

    line: int
    reason: str
    cure: str
    field: str = ""
    expected: str = ""


class BatchWarning(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is probably a mistake in messages that were accepted.

    Attributes:
        reason: One of `schemas.warnings.WARNING_REASONS`.
        cure: What their sender should do.
        messages: How many there are.
        line: The first of them, from 1; left out if only all together show it.
        field: Path of the field, of the first of them; left out if only all together show it.
    """

    reason: str
    cure: str
    messages: int
    line: int = 0
    field: str = ""


class BatchReceipt(msgspec.Struct, frozen=True):
    """The answer to a batch.

    Attributes:
        accepted: Messages that Kafka has acknowledged.
        rejected: Those that break a rule, in their order.
        warnings: What is doubtful in the accepted ones.
        first: Where the first accepted message lies.
        last: Where the last accepted message lies.
    """

    accepted: int
    rejected: list[RejectedMessage]
    warnings: list[BatchWarning]
    first: Coordinates
    last: Coordinates


def rejected(line: int, rejection: Rejection) -> RejectedMessage:
    """A rejection as senders read it."""
    cure = ADVICE[rejection.reason].cure
    return RejectedMessage(line, rejection.reason, cure, rejection.field, rejection.detail)


class _Kept(msgspec.Struct, frozen=True):
    batch: str
    receipt: msgspec.Raw


class Receipts:
    """Receipts by source and Idempotency-Key, in Redis, for a day.

    Nothing depends on them: where Redis is away or has forgotten, a repeated batch is taken again,
    which counts the same.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._now: set[str] = set()
        self._away = False

    @contextmanager
    def taking(self, source: str, key: str) -> Iterator[str]:
        """The place of a batch, while it is taken once.

        Raises:
            ProblemError: The key is none, or a batch of this key is being taken.
        """
        if not (0 < len(key) <= MAX_KEY and key.isascii() and key.isprintable()):
            raise ProblemError("bad-idempotency-key")
        place = f"{RECEIPTS}{source}:{sha256(key.encode()).hexdigest()}"
        if place in self._now:
            raise ProblemError("key-in-use", retry_s=1)
        self._now.add(place)
        try:
            yield place
        finally:
            self._now.discard(place)

    def find(self, place: str, batch: str) -> bytes | None:
        """The receipt that a batch got before; None: none is known.

        Raises:
            ProblemError: The key was used for another batch.
        """
        found: Any = None
        with self._without_redis():
            answer: Any = self._redis.mget([place])
            found = answer[0]
        if found is None:
            return None
        kept = msgspec.json.decode(found, type=_Kept)
        if kept.batch != batch:
            raise ProblemError("other-batch")
        return bytes(kept.receipt)

    def keep(self, place: str, batch: str, receipt: bytes) -> None:
        """Keep the receipt of a batch."""
        if len(receipt) > MAX_KEPT_BYTES:
            return
        value = msgspec.json.encode(_Kept(batch, msgspec.Raw(receipt)))
        with self._without_redis():
            self._redis.set(place, value, ex=KEEP_S)

    @contextmanager
    def _without_redis(self) -> Iterator[None]:
        """Go on where Redis is away; say so when it begins and ends."""
        try:
            yield
        except RedisError as error:
            if not self._away:
                log.warning("receipts_not_kept", error=type(error).__name__)
            self._away = True
        else:
            self._away = False


def digest_of_batch(kind: str, body: bytes) -> str:
    """What makes a batch the same."""
    return sha256(kind.encode() + b"\n" + body).hexdigest()
