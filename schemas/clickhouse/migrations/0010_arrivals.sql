-- The arrival ledger: which messages came when, from whom, and what became of them. A message is one
-- coordinate in one cell, and a cell is a set, so that a repeated insert changes nothing.

ALTER TABLE tutti.dead_letters
    ADD COLUMN IF NOT EXISTS consultation_id LowCardinality(String) COMMENT 'Consultation that it names; empty: none, or not readable',
    ADD COLUMN IF NOT EXISTS source LowCardinality(String) COMMENT 'Source that it names, proven or not; empty: none, or not readable',
    ADD COLUMN IF NOT EXISTS country LowCardinality(String) COMMENT 'Country that it names; empty: none, or not readable',
    ADD COLUMN IF NOT EXISTS ahead_ms Int64 COMMENT 'Of a vote from the future: how far, ms; otherwise 0';

ALTER TABLE tutti.proposals
    ADD COLUMN IF NOT EXISTS source LowCardinality(String) COMMENT 'Source that has signed it; empty: nobody has';

ALTER TABLE tutti.consultations
    ADD COLUMN IF NOT EXISTS source LowCardinality(String) COMMENT 'Source that has signed it; empty: nobody has';

CREATE TABLE tutti.arrivals
(
    consultation_id LowCardinality(String) COMMENT 'Consultation; empty: not known',
    minute DateTime('UTC') CODEC(Delta, ZSTD(1)) COMMENT 'Minute in which the broker received the messages',
    source LowCardinality(String) COMMENT 'Source; empty: not known',
    country LowCardinality(String) COMMENT 'Country; empty: not known',
    kind LowCardinality(String) COMMENT 'votes, proposals or consultations',
    reason LowCardinality(String) COMMENT 'Why they were rejected; empty: they were accepted',
    late Bool COMMENT 'Votes that came more than 300 s after they were cast',
    half_hours Int8 COMMENT 'Votes that came so many half hours after they were cast, give or take two minutes; below 0: before; 0: neither',
    messages AggregateFunction(groupBitmap, UInt64) CODEC(ZSTD(1)) COMMENT 'Which messages: partition << 40 | offset'
)
ENGINE = AggregatingMergeTree
ORDER BY (consultation_id, minute, source, country, kind, reason, late, half_hours)
COMMENT 'Arrival ledger: the messages of each minute, source, country and outcome, as sets of coordinates';

CREATE MATERIALIZED VIEW tutti.accepted_votes_to_arrivals TO tutti.arrivals AS
SELECT
    consultation_id,
    toDateTime(intDiv(origin_ms, 60000) * 60, 'UTC') AS minute,
    source, country,
    'votes' AS kind,
    '' AS reason,
    origin_ms - cast_ms > 300000 AS late,
    toInt8(if(
        intDiv(abs(origin_ms - cast_ms) + 900000, 1800000) BETWEEN 1 AND 28
            AND (abs(origin_ms - cast_ms) + 120000) % 1800000 <= 240000,
        sign(origin_ms - cast_ms) * intDiv(abs(origin_ms - cast_ms) + 900000, 1800000),
        0
    )) AS half_hours,
    -- protects: the arrival ledger counts coordinates
    groupBitmapState(bitOr(bitShiftLeft(toUInt64(origin_partition), 40), origin_offset)) AS messages
FROM tutti.accepted_votes
GROUP BY consultation_id, minute, source, country, late, half_hours;

CREATE MATERIALIZED VIEW tutti.proposals_to_arrivals TO tutti.arrivals AS
SELECT
    consultation_id,
    toDateTime(intDiv(origin_ms, 60000) * 60, 'UTC') AS minute,
    source, country,
    'proposals' AS kind,
    groupBitmapState(bitOr(bitShiftLeft(toUInt64(origin_partition), 40), origin_offset)) AS messages
FROM tutti.proposals
GROUP BY consultation_id, minute, source, country;

CREATE MATERIALIZED VIEW tutti.consultations_to_arrivals TO tutti.arrivals AS
SELECT
    consultation_id,
    toDateTime(intDiv(origin_ms, 60000) * 60, 'UTC') AS minute,
    source,
    'consultations' AS kind,
    groupBitmapState(bitOr(bitShiftLeft(toUInt64(origin_partition), 40), origin_offset)) AS messages
FROM tutti.consultations
GROUP BY consultation_id, minute, source;

CREATE MATERIALIZED VIEW tutti.dead_letters_to_arrivals TO tutti.arrivals AS
SELECT
    consultation_id,
    toDateTime(intDiv(toUnixTimestamp64Milli(received_at), 60000) * 60, 'UTC') AS minute,
    source, country,
    transform(topic, ['tutti.votes.v1', 'tutti.proposals.v1'], ['votes', 'proposals'], 'consultations') AS kind,
    reason,
    toInt8(if(
        intDiv(ahead_ms + 900000, 1800000) BETWEEN 1 AND 28 AND (ahead_ms + 120000) % 1800000 <= 240000,
        -intDiv(ahead_ms + 900000, 1800000),
        0
    )) AS half_hours,
    groupBitmapState(bitOr(bitShiftLeft(toUInt64(partition), 40), offset)) AS messages
FROM tutti.dead_letters
GROUP BY consultation_id, minute, source, country, kind, reason, half_hours;

CREATE TABLE tutti.manifests
(
    source LowCardinality(String) COMMENT 'Source that has posted it',
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    country LowCardinality(String) COMMENT 'Country, ISO 3166-1; ZZ unknown',
    hour DateTime('UTC') COMMENT 'Hour in which the messages were sent',
    kind LowCardinality(String) COMMENT 'votes or proposals',
    messages UInt64 COMMENT 'Messages that the source believes it sent',
    version UInt64 COMMENT 'Offset of the record: the greatest is current',
    is_deleted UInt8 DEFAULT 0 COMMENT '1: taken back'
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (consultation_id, source, kind, hour, country)
COMMENT 'What sources believe they sent, by hour and country; the latest manifest counts';

-- What came before this ledger is read from the topics once more: every table takes it twice.
ALTER TABLE tutti.positions
    DELETE WHERE stage = 'done' AND topic IN ('tutti.accepted-votes.v1', 'tutti.accepted-proposals.v1', 'tutti.accepted-consultations.v1', 'tutti.dead-letters.v1')
    SETTINGS mutations_sync = 2;
