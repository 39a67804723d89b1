-- Closings of consultations as `tutti close` wrote them, and the results that are kept of them.

CREATE TABLE tutti.closings
(
    position UInt32 COMMENT 'Place in the file of closings, from 1',
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    since DateTime64(3, 'UTC') COMMENT 'Start, by the broker''s clock',
    state LowCardinality(String) COMMENT 'closed, or open again',
    grace_seconds UInt32 COMMENT 'How long votes cast before it may still arrive, s',
    result String COMMENT 'Name of the result kept of it; empty: none is',
    decided_by String COMMENT 'Who decided it',
    why String COMMENT 'What they said of it'
)
ENGINE = ReplacingMergeTree
ORDER BY position
COMMENT 'Who closed or reopened which consultation, when and why';

CREATE TABLE tutti.closing_times
(
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    closes_ms Nullable(Int64) COMMENT 'The closing in force, or else the next, ms since 1970; NULL: none',
    updated_ms UInt64 COMMENT 'Tick, ms since 1970: the greatest is current'
)
ENGINE = ReplacingMergeTree(updated_ms)
ORDER BY consultation_id
COMMENT 'When consultations close, where operators have decided it';

CREATE TABLE tutti.results
(
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    result String COMMENT 'Name of the result',
    closed_at DateTime64(3, 'UTC') COMMENT 'Closing',
    kept_at DateTime64(3, 'UTC') COMMENT 'When it was kept: of one name the first counts',
    copy UInt64 COMMENT 'Its rows in result_rows'
)
ENGINE = MergeTree
ORDER BY (consultation_id, result)
COMMENT 'Results, written after their rows';

CREATE TABLE tutti.result_rows
(
    copy UInt64 COMMENT 'The copy of the leaderboard, as in results',
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    proposal_id String COMMENT 'Proposal',
    country LowCardinality(String) COMMENT 'Country of the ballots; empty: all',
    rank Nullable(UInt64) COMMENT 'By agree_low then; within the country where there is one',
    rank_consensus Nullable(UInt64) COMMENT 'By consensus_low then',
    text String COMMENT 'Text then',
    votes UInt64 COMMENT 'Ballots, trusted',
    agree UInt64 COMMENT 'Ballots that agree, trusted',
    disagree UInt64 COMMENT 'Ballots that disagree, trusted',
    neutral UInt64 COMMENT 'Ballots that are neutral, trusted',
    agree_rate Nullable(Float64) COMMENT 'agree / votes',
    agree_low Float64 COMMENT 'Lower bound of its 95 % interval',
    agree_high Float64 COMMENT 'Upper bound of its 95 % interval',
    consensus Nullable(Float64) COMMENT 'Agreement across countries',
    consensus_low Nullable(Float64) COMMENT 'Lower bound of its 95 % interval',
    consensus_high Nullable(Float64) COMMENT 'Upper bound of its 95 % interval',
    zone_confident LowCardinality(String) COMMENT 'Zone, or undecided',
    votes_all UInt64 COMMENT 'Ballots, every trust',
    agree_all UInt64 COMMENT 'Ballots that agree, every trust',
    disagree_all UInt64 COMMENT 'Ballots that disagree, every trust',
    neutral_all UInt64 COMMENT 'Ballots that are neutral, every trust',
    method String COMMENT 'Columns with the name and version of their method',
    as_of Nullable(DateTime64(3, 'UTC')) COMMENT 'Broker time of the newest vote counted'
)
ENGINE = MergeTree
ORDER BY (consultation_id, proposal_id, country, copy)
COMMENT 'Rows of results, which never change';
