"""Step `suggestions`: who is near to the proposals that are new or have moved, and of which stance.

All pairs of a consultation are too many to compare at each question, and words are compared in
Python. So each tick looks at the proposals that an assignment or a vector has arrived for since the
last one, a bounded number, and keeps the nearest of each with the verdict of
`operators.core.clusters.stance`. What arrives last of a pair makes the pair be looked at.
"""

from typing import Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.client import scalar
from operators.core.clusters.stance import METHOD, stance

TASK: Final = "suggestions"
NEAR: Final = 0.85
"""Least cosine."""
MOST: Final = 1_000
"""Records of a source compared per tick; more wait for the next one."""
NEAREST: Final = 20
"""Pairs kept of one proposal: a moderator reads no more."""

_SOURCES: Final = ("assignments", "vectors")
_FRESH: Final = " UNION DISTINCT ".join(
    f"SELECT epoch, consultation_id, proposal_id FROM tutti.{source}"
    f" WHERE version > {{{source}_done:UInt64}} AND version <= {{{source}_end:UInt64}}"
    for source in _SOURCES
)
_COLUMNS: Final = (
    *("epoch", "consultation_id", "proposal_id", "other_id"),
    *("proposal_version", "other_version", "similarity", "stance", "method", "found_ms"),
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
        vectors.vector AS vector, vectors.version AS version
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
    one.text, one.language, other.text, other.language
FROM (
    SELECT * FROM near WHERE (epoch, consultation_id, proposal_id) IN (SELECT * FROM fresh)
) AS one
INNER JOIN near AS other
    ON one.epoch = other.epoch AND one.consultation_id = other.consultation_id
    AND one.cluster_id = other.cluster_id
WHERE one.proposal_id != other.proposal_id AND cosine >= {NEAR}
    AND one.duplicate_of != other.proposal_id AND other.duplicate_of != one.proposal_id
    AND (one.duplicate_of = '' OR one.duplicate_of != other.duplicate_of)
ORDER BY cosine DESC, one.proposal_id, other.proposal_id
LIMIT {NEAREST} BY one.epoch, one.consultation_id, one.proposal_id
"""


def suggest(clickhouse: Client, tick_ms: int, most: int = MOST) -> None:
    """Look for pairs of what has arrived since the last tick; a tick may be repeated."""
    known = {f"{source}_done": _done(clickhouse, source) for source in _SOURCES}
    ends = {source: _end(clickhouse, source, known[f"{source}_done"], most) for source in _SOURCES}
    known |= {f"{source}_end": end for source, end in ends.items()}
    if all(ends[source] == known[f"{source}_done"] for source in _SOURCES):
        return
    rows = []
    for row in clickhouse.query(_PAIRS, parameters=known).result_rows:
        epoch, consultation, one, other, version, other_version, cosine, *words = row
        ids, versions = (one, other), (version, other_version)
        if one > other:
            ids, versions = ids[::-1], versions[::-1]
        verdict = stance(*words)
        rows.append([epoch, consultation, *ids, *versions, cosine, verdict, METHOD, tick_ms])
    if rows:
        clickhouse.insert("suggestions", rows, column_names=_COLUMNS, database="tutti")
    clickhouse.insert(
        "suggestion_scans",
        [[source, end, tick_ms] for source, end in ends.items()],
        column_names=["source", "done", "scanned_ms"],
        database="tutti",
    )


def _done(clickhouse: Client, source: str) -> int:
    sql = "SELECT max(done) FROM tutti.suggestion_scans FINAL WHERE source = {source:String}"
    return int(clickhouse.query(sql, parameters={"source": source}).result_rows[0][0])


def _end(clickhouse: Client, source: str, done: int, most: int) -> int:
    sql = (
        f"SELECT max(version) FROM (SELECT version FROM tutti.{source} FINAL"
        f" WHERE version > {done} ORDER BY version LIMIT {most})"
    )
    return max(done, int(scalar(clickhouse, sql)))
