-- Signals of manipulation: what was noticed, and when each kind was looked for last.

CREATE TABLE tutti.signals
(
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    signal_id String COMMENT 'Signal; stays while it is seen again',
    kind LowCardinality(String) COMMENT 'burst or identical',
    participants Array(UInt128) COMMENT 'Pseudonyms of the people flagged; empty for a burst',
    proposals Array(String) COMMENT 'Proposals with flagged ballots',
    votes Array(UInt64) COMMENT 'Flagged ballots on each of them, trusted series',
    agree Array(UInt64) COMMENT 'Flagged ballots on each of them that agree',
    from_at DateTime64(3, 'UTC') COMMENT 'Earliest cast_at of flagged ballots; of a burst, start of its first minute',
    to_at DateTime64(3, 'UTC') COMMENT 'Latest cast_at of flagged ballots; of a burst, end of its last minute',
    observed UInt64 COMMENT 'Burst: most surprising ten minutes, ballots; identical: people',
    expected Float64 COMMENT 'Burst: ballots expected in those minutes; identical: groups expected',
    p_value Nullable(Float64) COMMENT 'Burst: probability of so many ballots or more',
    votes_before UInt64 COMMENT 'Burst: ballots on the proposal in the 24 hours before',
    agree_before UInt64 COMMENT 'Burst: those that agree',
    pattern String COMMENT 'Identical: hash of the common ballots',
    common Array(UInt32) COMMENT 'Identical: common ballots that agree, disagree, are neutral',
    first_seen DateTime64(3, 'UTC') COMMENT 'Tick at which it was first seen',
    last_seen DateTime64(3, 'UTC') COMMENT 'Tick at which it was last seen',
    method LowCardinality(String) COMMENT 'Name and version of the method',
    version UInt64 COMMENT 'Tick of the row, ms since 1970: the greatest is current'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (consultation_id, signal_id)
COMMENT 'Signals of manipulation: evidence and flagged ballots as last seen';

CREATE TABLE tutti.signal_scans
(
    kind LowCardinality(String) COMMENT 'burst or identical',
    consultation_id LowCardinality(String) COMMENT 'Consultation; empty: all',
    scanned_at DateTime64(3, 'UTC') COMMENT 'Newest tick at which it was looked for',
    done UInt64 COMMENT 'Burst: last minute whose window was looked at late; identical: broker time of the newest ballot, ms'
)
ENGINE = ReplacingMergeTree(scanned_at)
ORDER BY (kind, consultation_id)
COMMENT 'When signals were looked for last';
