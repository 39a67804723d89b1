"""Annotations: when consultations opened and closed, as far as campaigns have said so."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any, Final, Literal
from urllib.parse import quote

from clickhouse_connect.driver.client import Client
from grafana_api.grafana_face import GrafanaFace

from infra.grafana.connection import as_sentences
from infra.grafana.dashboards import TAG
from operators.core.clock import Clock, system_clock

READ_SQL: Final = """
SELECT consultation_id, title, opens_at, closes_at
FROM marts.consultations
ORDER BY consultation_id
LIMIT 10000
"""
MAX_ANNOTATIONS: Final = 20_000

Kind = Literal["opened", "closed"]


@dataclass(frozen=True, slots=True)
class Opening:
    """One moment at which a consultation opened or closed.

    Attributes:
        consultation_id: The consultation.
        title: Its title.
        kind: What happened.
        at_ms: When, since 1970.
    """

    consultation_id: str
    title: str
    kind: Kind
    at_ms: int

    @property
    def tags(self) -> list[str]:
        """What the dashboards' annotations are found by."""
        return [TAG, f"consultation:{self.consultation_id}", self.kind]

    @property
    def text(self) -> str:
        """What is shown; Grafana takes it for HTML, and the title is a stranger's."""
        return escape(f"{self.title or self.consultation_id} {self.kind}")


def read_openings(clickhouse: Client, clock: Clock = system_clock) -> list[Opening]:
    """What has happened by now; an opening that lies ahead may still be moved.

    Args:
        clickhouse: Any client that may read `marts`.
        clock: Milliseconds since 1970.
    """
    now_ms = clock()
    found = [
        Opening(consultation, title, kind, _ms(at))
        for consultation, title, opens, closes in clickhouse.query(READ_SQL).result_rows
        for kind, at in _moments(opens, closes)
    ]
    return [opening for opening in found if opening.at_ms <= now_ms]


def _moments(opens: datetime | None, closes: datetime | None) -> Iterator[tuple[Kind, datetime]]:
    if opens is not None:
        yield "opened", opens
    if closes is not None:
        yield "closed", closes


def _ms(at: datetime) -> int:
    from datetime import UTC  # noqa: PLC0415

    return round(at.replace(tzinfo=UTC).timestamp() * 1000)


def annotate(grafana: GrafanaFace, url: str, openings: Iterable[Opening]) -> int:
    """Write the annotations that are missing or stand elsewhere; safe to repeat.

    Args:
        grafana: The client.
        url: Its address, for errors.
        openings: What is to be there.

    Returns:
        How many were written.

    Raises:
        GrafanaError: It does not answer, or refuses.
    """
    with as_sentences("reading annotations", url):
        # The client puts tags into the address as they are.
        there = grafana.annotations.get_annotation(tags=[quote(TAG)], limit=MAX_ANNOTATIONS)
        known = {_key(one["tags"]): one for one in there}
    written = 0
    for opening in openings:
        found: dict[str, Any] | None = known.get(_key(opening.tags))
        if found and (found["time"], found["text"]) == (opening.at_ms, opening.text):
            continue
        with as_sentences("writing an annotation", url):
            if found is None:
                grafana.annotations.add_annotation(
                    time_from=opening.at_ms, time_to=opening.at_ms, tags=opening.tags,
                    text=opening.text,
                )  # fmt: skip
            else:
                grafana.annotations.update_annotation(
                    found["id"], time_from=opening.at_ms, time_to=opening.at_ms,
                    tags=opening.tags, text=opening.text,
                )  # fmt: skip
        written += 1
    return written


def _key(tags: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(tags))
