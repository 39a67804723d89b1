"""Manifests: what a source believes it sent per hour and country, for comparison with the ledger.

A manifest may be posted again at any time: of each hour, country and kind the latest count counts.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from pipelines.http_intake.delivery import Outgoing
from pipelines.http_intake.problems import ProblemError
from schemas.events import UNKNOWN_COUNTRY
from schemas.ownership import SENT
from schemas.sources import SourceEntry, matches
from schemas.times import EARLIEST_MS, parse_instant
from schemas.topics import MANIFESTS

MAX_COUNTS: Final = 10_000
HOUR_MS: Final = 3_600_000

Hour = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:00:00Z\Z")]


class ManifestCount(Struct, frozen=True, forbid_unknown_fields=True):
    """Messages of one hour and country.

    Attributes:
        hour: In which they were sent, UTC, e.g. 2026-05-01T20:00:00Z.
        messages: How many.
        country: Of the messages; ZZ: none was given; empty: proposals without one.
    """

    hour: Hour
    messages: Annotated[int, Meta(ge=0, le=1_000_000_000)]
    country: Annotated[str, Meta(pattern=r"^([A-Z]{2})?\Z")] = UNKNOWN_COUNTRY


class SentManifest(Struct, frozen=True, forbid_unknown_fields=True):
    """What a source believes it sent to one consultation.

    Attributes:
        consultation_id: The consultation.
        counts: By hour and country.
        kind: What was sent.
    """

    consultation_id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,64}\Z")]
    counts: Annotated[tuple[ManifestCount, ...], Meta(min_length=1, max_length=MAX_COUNTS)]
    kind: Literal["votes", "proposals"] = "votes"


class ManifestReceipt(Struct, frozen=True):
    """The answer to a manifest.

    Attributes:
        counts: How many counts Kafka has acknowledged.
        messages: Their sum.
    """

    counts: int
    messages: int


_manifest: Final = msgspec.json.Decoder(SentManifest)


def read_manifest(body: bytes, source: SourceEntry) -> SentManifest:
    """The manifest in a body.

    Raises:
        ProblemError: It is none, or of a consultation that is not the source's.
    """
    try:
        manifest = _manifest.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        detail = str(error) if isinstance(error, msgspec.ValidationError) else "it is no JSON"
        raise ProblemError("bad-manifest", detail) from None
    for number, count in enumerate(manifest.counts):
        if (parse_instant(count.hour) or 0) < EARLIEST_MS:
            raise ProblemError("bad-manifest", f"counts[{number}].hour is no hour since 2000")
    if not matches(manifest.consultation_id, source.consultations):
        raise ProblemError("bad-manifest", f"consultation_id: expected {SENT}")
    return manifest


def manifest_records(manifest: SentManifest, source: SourceEntry) -> list[Outgoing]:
    """A record for each count, under the key that its next version will have."""
    records = []
    for count in manifest.counts:
        key = {
            "source": source.name,
            "consultation_id": manifest.consultation_id,
            "kind": manifest.kind,
            "hour": count.hour,
            "country": count.country,
        }
        value = key | {"messages": count.messages}
        records.append(
            Outgoing(MANIFESTS.name, msgspec.json.encode(key), msgspec.json.encode(value), [])
        )
    return records
