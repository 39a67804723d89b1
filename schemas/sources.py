"""Sources with an owner: from an instant on, who may send what, and with which key.

Entries are in force from an instant of the broker's clock and are never edited or removed: an entry
replaces the one before it of the same name. So the verdict on a message stays a function of its
payload, its headers, its broker's time and these entries. See `schemas.trust`, which does the same
for trust rules.

    [[policy]]
    from = 2026-05-01T00:00:00Z
    messages = "signed"                        # before it, and where there is none: "open"

    [[source]]
    name = "portugal"
    from = 2026-05-01T00:00:00Z
    key = "…64 hexadecimal digits…"
    consultations = ["europe-2026"]
    participants = ["pt:*"]

A pattern is a name, or its beginning and a star.
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from schemas.rejections import Rejection
from schemas.signatures import Headers, claim, digest_of, signs, token_of

KEY_BYTES: Final = 32
MAX_PATTERNS: Final = 100
MAX_RATE: Final = 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)

Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,64}\Z")]
Instant = Annotated[datetime, Meta(tz=True)]
Pattern = Annotated[str, Meta(pattern=r"^(?=.)[A-Za-z0-9._:@+/=-]{0,128}\*?\Z")]
Patterns = Annotated[tuple[Pattern, ...], Meta(max_length=MAX_PATTERNS)]
Key = Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")]
Level = Literal["troll", "trusted", "sequence", "segment"]
Messages = Literal["open", "signed"]
EVERY: Final = ("*",)
END_MS: Final = 253_402_300_800_000
"""The end of the year 9999: of what has no end yet."""

Span = tuple[int, int]
"""From and until, ms since 1970, the latter excluded."""


class BadSourcesError(ValueError):
    """The text holds no sources; the message says where and why."""


class SigningPolicy(Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """Whether messages must be signed, from an instant on."""

    since: Instant
    messages: Messages


class SourceEntry(Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """One source, from an instant on; a later entry of its name replaces this one.

    Attributes:
        name: Of the source.
        since: Start, by the broker's clock.
        key: Its secret, hexadecimal; empty: the source may send nothing any more.
        old_key_until: Until then the key of the entry before it is good, too.
        consultations: Those it may send votes and proposals to.
        announces: Those that it may announce, and change.
        proposals: Those that it may send, and change; it may vote on all.
        participants: Those that it may speak for.
        countries: Of its votes; none: any.
        trust: Levels it may set; none: any.
        rate: Messages per second at the HTTP intake; 0: any.
        kafka_rate: Messages per second, over a minute, that it may sign on one partition where
            messages must be signed (`schemas.rates`); 0: any.
    """

    name: Name
    since: Instant
    key: Key
    old_key_until: Instant | None = None
    consultations: Patterns = EVERY
    announces: Patterns = ()
    proposals: Patterns = EVERY
    participants: Patterns = EVERY
    countries: tuple[Country, ...] = ()
    trust: tuple[Level, ...] = ()
    rate: Annotated[int, Meta(ge=0, le=MAX_RATE)] = 0
    kafka_rate: Annotated[int, Meta(ge=0, le=MAX_RATE)] = 0

    def __repr__(self) -> str:
        return f"Source({self.name!r})"  # never with the key

    @property
    def revoked(self) -> bool:
        """Whether it may send nothing any more."""
        return not self.key

    @property
    def http_rate(self) -> float:
        """Messages per second that it may send to one HTTP intake; 0: any.

        What was acknowledged over HTTP must never be `rate_exceeded` on Kafka, also where Kafka
        was slow and the messages of half a minute arrive in one: hence half of `kafka_rate`.
        """
        limits = [limit for limit in (self.rate, self.kafka_rate / 2) if limit]
        return min(limits, default=0)

    @property
    def secret(self) -> bytes:
        """The key's bytes."""
        return bytes.fromhex(self.key)


class SourcesDocument(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    policy: tuple[SigningPolicy, ...] = ()
    source: tuple[SourceEntry, ...] = ()


class Sources:
    """All entries, in the order in which they come into force.

    Attributes:
        sources: Of all sources.
        policies: Whether messages must be signed.
        limits: Whether any entry limits what is signed on a partition.
    """

    def __init__(
        self, sources: Iterable[SourceEntry] = (), policies: Iterable[SigningPolicy] = ()
    ) -> None:
        self.sources, self.policies = tuple(sources), tuple(policies)
        self._entries: dict[str, list[SourceEntry]] = {}
        self._starts: dict[str, list[int]] = {}
        for entry in self.sources:
            self._entries.setdefault(entry.name, []).append(entry)
            self._starts.setdefault(entry.name, []).append(instant_ms(entry.since))
        self._policy_starts = [instant_ms(policy.since) for policy in self.policies]
        self.limits = any(entry.kafka_rate for entry in self.sources)

    def signed(self, broker_ms: int) -> bool:
        """Whether a message of that time must be signed."""
        found = bisect_right(self._policy_starts, broker_ms)
        return bool(found) and self.policies[found - 1].messages == "signed"

    def signed_spans(self, now_ms: int) -> tuple[Span, ...] | None:
        """When messages had to be signed until now; None: now they need not be."""
        if not self.signed(now_ms):
            return None
        ends = [*self._policy_starts[1:], END_MS]
        return tuple(
            (start, end)
            for policy, start, end in zip(self.policies, self._policy_starts, ends, strict=True)
            if policy.messages == "signed" and start <= now_ms
        )

    def in_force(self, name: str, broker_ms: int) -> SourceEntry | None:
        """The entry of a source at that time; None: there is none, or it is revoked."""
        entries = self._entries.get(name)
        found = bisect_right(self._starts[name], broker_ms) if entries else 0
        if entries is None or not found or entries[found - 1].revoked:
            return None
        return entries[found - 1]

    def now(self, broker_ms: int) -> list[SourceEntry]:
        """The sources in force at that time, in the order of their first entries."""
        found = (self.in_force(name, broker_ms) for name in self._entries)
        return [source for source in found if source is not None]

    def keys(self, name: str, broker_ms: int) -> Iterator[bytes]:
        """The keys that are good for a source at that time, the newest first."""
        source = self.in_force(name, broker_ms)
        if source is None:
            return
        yield source.secret
        entries = self._entries[name]
        for newer, older in zip(entries[::-1], entries[-2::-1], strict=False):
            if instant_ms(newer.since) > broker_ms:
                continue
            until = newer.old_key_until
            if until is None or broker_ms >= instant_ms(until) or older.revoked:
                return
            yield older.secret

    def sender(
        self, payload: bytes | None, headers: Headers | None, broker_ms: int
    ) -> SourceEntry | Rejection | None:
        """The source that has signed a message; None: nobody has, and nobody had to.

        Where messages need no signature, a wrong one is the same as none.
        """
        if not headers and not self._policy_starts:  # of nearly every message where all is open
            return None
        name, given = claim(headers)
        if name and given:
            for key in self.keys(name, broker_ms):
                if signs(key, payload or b"", given):
                    return self.in_force(name, broker_ms)
        if self.signed(broker_ms):
            return Rejection("bad_signature", "", "headers tutti-source and tutti-signature")
        return None

    def limited(
        self, payload: bytes | None, headers: Headers | None, broker_ms: int
    ) -> SourceEntry | None:
        """The source that has signed a message, if what it may sign at that time is limited."""
        if not self.limits or not self.signed(broker_ms):
            return None
        name, _ = claim(headers)
        entry = self.in_force(name, broker_ms)
        if entry is None or not entry.kafka_rate:
            return None
        signed = self.sender(payload, headers, broker_ms)
        return None if isinstance(signed, Rejection) else signed

    def tokens(self, now_ms: int) -> dict[bytes, str]:
        """Digest of each token that is good now → name of its source."""
        return {
            digest_of(token_of(key)): name
            for name in self._entries
            for key in self.keys(name, now_ms)
        }


def matches(text: str, patterns: tuple[str, ...]) -> bool:
    """Whether one of the patterns is, or begins, a text.

    >>> matches("pt:ana", ("pt:*",)), matches("pt", ("pt:*",)), matches("x", ("x",))
    (True, False, True)
    """
    names, beginnings = _sorted(patterns)
    return text.startswith(beginnings) or text in names


@lru_cache(maxsize=4_096)  # of each message of a source, its few patterns are asked
def _sorted(patterns: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Names, and beginnings of names."""
    beginnings = tuple(pattern[:-1] for pattern in patterns if pattern.endswith("*"))
    return frozenset(p for p in patterns if not p.endswith("*")), beginnings


def overlap(ones: Iterable[str], others: Iterable[str]) -> bool:
    """Whether a text can match one of both.

    >>> overlap(["pt:*"], ["pt:a*"]), overlap(["pt:*"], ["fr:*"]), overlap(["*"], ["x"])
    (True, False, True)
    """
    return any(
        matches(one.rstrip("*"), (other,)) or matches(other.rstrip("*"), (one,))
        for one in ones
        for other in others
    )


def instant_ms(instant: datetime) -> int:
    """Milliseconds since 1970."""
    return (instant - _EPOCH) // _MILLISECOND


def parse_sources(text: str) -> Sources:
    """The sources of a TOML text.

    Raises:
        BadSourcesError: It is no TOML, an entry is not valid, or entries are not in order of time.
            Its message holds no key.
    """
    try:
        found: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSourcesError(f"no TOML: {error}") from None
    try:
        document = msgspec.convert(found, SourcesDocument)
    except msgspec.ValidationError as error:
        raise BadSourcesError(_readable(str(error))) from None
    _refuse_disorder("policy", [policy.since for policy in document.policy])
    _refuse_disorder("source", [source.since for source in document.source])
    seen: set[tuple[str, datetime]] = set()
    for position, source in enumerate(document.source, start=1):
        if (source.name, source.since) in seen:
            raise BadSourcesError(f"source {position}: another entry of its name has the same from")
        seen.add((source.name, source.since))
    return Sources(document.source, document.policy)


def _refuse_disorder(kind: str, starts: Iterable[datetime]) -> None:
    newest = _EPOCH
    for position, since in enumerate(starts, start=1):
        if since < newest:
            raise BadSourcesError(
                f"{kind} {position}: from is earlier than that of the entry before: add entries at"
                " the end"
            )
        newest = since


def _readable(error: str) -> str:
    """The sentence of msgspec with entries counted from 1.

    >>> _readable("Expected `str` - at `$.source[0].name`")
    'source 1, name: Expected str'
    """
    sentence, _, place = error.replace("`", "").partition(" - at $.")
    found = re.fullmatch(r"(policy|source)\[(\d+)\]\.?(.*)", place)
    if found is None:
        return f"{place}: {sentence}" if place else sentence
    where = f"{found[1]} {int(found[2]) + 1}"
    return f"{where}, {found[3]}: {sentence}" if found[3] else f"{where}: {sentence}"
