-- Pairs of proposals near in meaning, as the minute's work finds them.

CREATE TABLE tutti.suggestions
(
    epoch UInt32 COMMENT 'Epoch of clustering; views read the active one',
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    proposal_id String COMMENT 'One proposal, the smaller id',
    other_id String COMMENT 'The other one',
    proposal_version UInt64 COMMENT 'Version of the one''s vector: with another one this row is out of date',
    other_version UInt64 COMMENT 'Version of the other''s vector',
    similarity Float64 COMMENT 'Cosine of their vectors',
    stance LowCardinality(String) COMMENT 'same, opposite or unclear, by their words alone',
    method LowCardinality(String) COMMENT 'Name and version of the rule for the stance',
    found_ms UInt64 COMMENT 'Tick, ms since 1970: the latest is current'
)
ENGINE = ReplacingMergeTree(found_ms)
ORDER BY (epoch, consultation_id, proposal_id, other_id)
COMMENT 'Pairs near in meaning, with how their stances compare';

CREATE TABLE tutti.suggestion_scans
(
    source LowCardinality(String) COMMENT 'assignments or vectors',
    done UInt64 COMMENT 'Version up to which pairs have been looked for',
    scanned_ms UInt64 COMMENT 'Tick, ms since 1970: the latest is current'
)
ENGINE = ReplacingMergeTree(scanned_ms)
ORDER BY source
COMMENT 'How far pairs have been looked for';
