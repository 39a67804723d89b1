"""Vectors kept in Redis, so that a text is encoded once: Redis saves time and changes no vector.

A value is used if it carries the checksum of this text, model and arithmetic. In all other cases,
and without Redis or with a slow one, the vector is computed again.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import blake2b, sha256
from typing import Any, Final

import numpy as np
import pybreaker
import structlog
from numpy.typing import NDArray
from redis import Redis, RedisError

from models.encoder import Encoder
from operators.core.clusters.normalise import plain

TIMEOUT_S: Final = 0.05
"""Longest wait for Redis: about what encoding a batch of eight texts takes."""

EXPIRE_S: Final = 7 * 86_400
PAUSE_S: Final = 10.0
FAILURES: Final = 3
"""After so many failures in a row Redis is not asked for `PAUSE_S`."""

KEYS_PER_REQUEST: Final = 64

NAMESPACE: Final = "tutti:vector:"
"""Beginning of all keys."""

_PROBE: Final = "Wir wollen more trees, weniger Autos & 3 % less noise."
_CHECKSUM_BYTES: Final = 16
_FLOAT32: Final = "<f4"

_log = structlog.get_logger()


class CachedEncoder:
    """An encoder with Redis in front of it. See `models.encoder.Encoder`.

    Attributes:
        hits: Texts whose vector was known, from Redis or from the same call.
        misses: Texts whose vector was computed.
    """

    def __init__(
        self,
        encoder: Encoder,
        redis: Redis,
        *,
        pause_s: float = PAUSE_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Put Redis before an encoder.

        Args:
            encoder: Computes the vectors that Redis does not have.
            redis: A client whose time-outs are `TIMEOUT_S`.
            pause_s: How long Redis is not asked after failures, seconds.
            monotonic: Clock by which the time of Redis is measured, seconds.
        """
        self._encoder = encoder
        self._redis = redis
        self._monotonic = monotonic
        self._breaker = pybreaker.CircuitBreaker(
            fail_max=FAILURES, reset_timeout=pause_s, listeners=[_Log()], name="vectors"
        )
        # Another version of the runtime, or another processor, may round the last bits otherwise:
        # its vectors are then under other keys, and a replay does not mix the two.
        arithmetic = sha256(encoder.encode([_PROBE]).tobytes()).hexdigest()[:12]
        self._prefix = f"{NAMESPACE}{encoder.model}:{arithmetic}:"
        self.hits = self.misses = 0

    @property
    def model(self) -> str:
        """Name and version."""
        return self._encoder.model

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._encoder.dimension

    def reads(self, text: str) -> bool:
        """As `models.encoder.Encoder`; nothing is kept of it."""
        return self._encoder.reads(text)

    @property
    def paused(self) -> bool:
        """Whether Redis is not asked at the moment."""
        return bool(self._breaker.current_state == pybreaker.STATE_OPEN)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of length 1, as an array (texts, dimension), in the order of the texts."""
        keys = [self._key(text) for text in texts]
        wanted = dict(zip(keys, texts, strict=True))
        vectors = self._get(list(wanted))
        missing = [key for key in wanted if key not in vectors]
        self.misses += len(missing)
        self.hits += len(texts) - len(missing)
        if missing:
            made = self._encoder.encode([wanted[key] for key in missing])
            fresh = dict(zip(missing, made, strict=True))
            self._set(fresh)
            vectors |= fresh
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        return np.stack([vectors[key] for key in keys])

    def _key(self, text: str) -> str:
        return self._prefix + sha256(plain(text).encode()).hexdigest()

    def _get(self, keys: list[str]) -> dict[str, NDArray[np.float32]]:
        found: dict[str, NDArray[np.float32]] = {}
        for start in range(0, len(keys), KEYS_PER_REQUEST):
            asked = keys[start : start + KEYS_PER_REQUEST]
            values = self._ask(partial(self._redis.mget, asked))
            if values is None:
                break
            for key, value in zip(asked, values, strict=False):
                vector = unpack(key, value, self.dimension)
                if vector is not None:
                    found[key] = vector
        return found

    def _set(self, fresh: dict[str, NDArray[np.float32]]) -> None:
        rows = list(fresh.items())
        for start in range(0, len(rows), KEYS_PER_REQUEST):
            pipeline = self._redis.pipeline(transaction=False)
            for key, vector in rows[start : start + KEYS_PER_REQUEST]:
                pipeline.set(key, pack(key, vector), ex=EXPIRE_S)
            if self._ask(pipeline.execute) is None:
                break

    def _ask(self, request: Callable[[], Any]) -> Any:
        """Ask Redis; None when it fails or is paused."""
        try:
            return self._breaker.call(self._in_time, request)
        except (RedisError, OSError, pybreaker.CircuitBreakerError):
            return None

    def _in_time(self, request: Callable[[], Any]) -> Any:
        """Raise if the answer was late: bytes that trickle in never let the socket time out."""
        begun = self._monotonic()
        answer = request()
        if self._monotonic() - begun > 2 * TIMEOUT_S:
            raise TimeoutError
        return answer


def pack(key: str, vector: NDArray[np.float32]) -> bytes:
    """A vector as Redis keeps it: little-endian float32, then a checksum over key and vector."""
    body = vector.astype(_FLOAT32).tobytes()
    return body + _checksum(key, body)


def unpack(key: str, value: Any, dimension: int) -> NDArray[np.float32] | None:
    """The vector of a value; None when it is not one that `pack` made for this key."""
    if not isinstance(value, bytes) or len(value) != 4 * dimension + _CHECKSUM_BYTES:
        return None
    body = value[:-_CHECKSUM_BYTES]
    if value[-_CHECKSUM_BYTES:] != _checksum(key, body):
        return None
    return np.frombuffer(body, _FLOAT32).astype(np.float32)


def _checksum(key: str, body: bytes) -> bytes:
    return blake2b(body, key=sha256(key.encode()).digest(), digest_size=_CHECKSUM_BYTES).digest()


class _Log(pybreaker.CircuitBreakerListener):
    """Logs one line when Redis is no longer asked, and one when it is asked again."""

    def state_change(self, cb: Any, old_state: Any, new_state: Any) -> None:  # noqa: ARG002
        if new_state.name != pybreaker.STATE_HALF_OPEN:
            _log.info("vector_cache", state=new_state.name)
