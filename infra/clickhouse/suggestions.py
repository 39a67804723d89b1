"""Pairs of proposals near in meaning: what has arrived, who is near, and what was suggested."""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from clickhouse_connect.driver.client import Client

from infra.clickhouse.tables import insert_rows

Source = Literal["assignments", "vectors"]
SOURCES: Final[tuple[Source, ...]] = ("assignments", "vectors")
"""The tables of which each tick compares what is new; the version of a row is its place."""

_FRESH: Final = " UNION DISTINCT ".join(
    f"SELECT epoch, consultation_id, proposal_id FROM tutti.{source}"
    f" WHERE version > {{{source}_done:UInt64}} AND version <= {{{source}_end:UInt64}}"
    for source in SOURCES
)
_PAIRS: Final = f"""
WITH
fresh AS ({_FRESH}),
around AS (
    SELECT * FROM tutti.assignments FINAL
    WHERE cluster_id != '' AND (epoch, consultation_id, cluster_id) IN (
        SELECT epoch, consultation_id, cluster_id FROM tutti.assignments FINAL
        WHERE (epoch, consultation_id, proposal_id) IN (SELECT * FROM fresh)
    )
),
texts AS (
    SELECT consultation_id, proposal_id, text FROM tutti.proposals FINAL
    WHERE consultation_id IN (SELECT consultation_id FROM fresh)
),
near AS (
    SELECT
        around.epoch AS epoch, around.consultation_id AS consultation_id,
        around.cluster_id AS cluster_id, around.proposal_id AS proposal_id,
        around.duplicate_of AS duplicate_of, around.language AS language, texts.text AS text,
        vectors.vector AS vector, vectors.version AS version, vectors.model AS model,
        transform(
            splitByChar('/', toString(vectors.model))[1],
            {{encoders:Array(String)}}, {{bounds:Array(Float64)}}, {{other:Float64}}
        ) AS bound
    FROM around
    INNER JOIN (
        SELECT * FROM tutti.vectors FINAL
        WHERE consultation_id IN (SELECT consultation_id FROM fresh)
    ) AS vectors USING (epoch, consultation_id, proposal_id)
    INNER JOIN texts USING (consultation_id, proposal_id)
)
SELECT
    one.epoch, one.consultation_id, one.proposal_id, other.proposal_id,
    one.version, other.version, 1 - cosineDistance(one.vector, other.vector) AS cosine,
    one.text, one.language, other.text, other.language, one.model
FROM (
    SELECT * FROM near WHERE (epoch, consultation_id, proposal_id) IN (SELECT * FROM fresh)
) AS one
INNER JOIN near AS other
    ON one.epoch = other.epoch AND one.consultation_id = other.consultation_id
    AND one.cluster_id = other.cluster_id
WHERE one.proposal_id != other.proposal_id AND cosine >= one.bound
    AND one.duplicate_of != other.proposal_id AND other.duplicate_of != one.proposal_id
    AND (one.duplicate_of = '' OR one.duplicate_of != other.duplicate_of)
ORDER BY cosine DESC, one.proposal_id, other.proposal_id
LIMIT {{nearest:UInt32}} BY one.epoch, one.consultation_id, one.proposal_id
"""


class Near(NamedTuple):
    """A proposal that is new, and another one of its cluster near to it.

    Attributes:
        epoch: Of clustering.
        consultation_id: The consultation of both.
        proposal_id: The new one.
        other_id: The other one.
        version: Version of the new one's vector.
        other_version: Version of the other one's vector.
        cosine: Of the two vectors.
        text: Of the new one.
        language: Of the new one, BCP 47; empty: unknown.
        other_text: Of the other one.
        other_language: Of the other one.
        model: Encoder of both, with its version.
    """

    epoch: int
    consultation_id: str
    proposal_id: str
    other_id: str
    version: int
    other_version: int
    cosine: float
    text: str
    language: str
    other_text: str
    other_language: str
    model: str


class Suggestion(NamedTuple):
    """A row of `tutti.suggestions`, whose comments say what each column is."""

    epoch: int
    consultation_id: str
    proposal_id: str
    other_id: str
    proposal_version: int
    other_version: int
    similarity: float
    stance: str
    method: str
    found_ms: int


def scanned_version(clickhouse: Client, source: Source) -> int:
    """The version up to which pairs have been looked for."""
    [(done,)] = clickhouse.query(
        "SELECT max(done) FROM tutti.suggestion_scans FINAL WHERE source = {source:String}",
        parameters={"source": source},
    ).result_rows
    return int(done)


def next_version(clickhouse: Client, source: Source, done: int, most: int) -> int:
    """The version behind at most so many rows after `done`; `done` itself if there are none."""
    [(version,)] = clickhouse.query(
        f"SELECT max(version) FROM (SELECT version FROM tutti.{source} FINAL"
        f" WHERE version > {done:d} ORDER BY version LIMIT {most:d})"
    ).result_rows
    return max(done, int(version))


def near_pairs(
    clickhouse: Client,
    done: dict[Source, int],
    ends: dict[Source, int],
    *,
    near: Mapping[str, float],
    other: float,
    nearest: int,
) -> list[Near]:
    """Who is near to the proposals of which a row has come; duplicates are left out.

    Args:
        clickhouse: Any client that may read `tutti`.
        done: By source, the version behind which rows are new.
        ends: By source, the version up to which they are compared.
        near: Least cosine by name of the encoder.
        other: Least cosine of encoders that are not named.
        nearest: Pairs of one proposal, at most.
    """
    known: dict[str, Any] = {
        "encoders": list(near), "bounds": list(near.values()), "other": other, "nearest": nearest
    }  # fmt: skip
    for source in SOURCES:
        known |= {f"{source}_done": done[source], f"{source}_end": ends[source]}
    return [Near(*row) for row in clickhouse.query(_PAIRS, parameters=known).result_rows]


def write_suggestions(clickhouse: Client, suggestions: list[Suggestion]) -> None:
    """Write pairs; one that was found before is replaced."""
    insert_rows(clickhouse, "suggestions", Suggestion._fields, suggestions)


def record_scans(clickhouse: Client, ends: dict[Source, int], tick_ms: int) -> None:
    """Note up to which versions pairs have been looked for."""
    insert_rows(
        clickhouse,
        "suggestion_scans",
        ("source", "done", "scanned_ms"),
        [(source, end, tick_ms) for source, end in ends.items()],
    )
