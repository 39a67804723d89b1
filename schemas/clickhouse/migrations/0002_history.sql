-- History: the last value of each cell, and the last cut, of every minute, written by the inserts
-- themselves. A batch that is repeated later repeats an old version in a later minute: so the value
-- at a moment is the row with the greatest version among the minutes that had ended by then.
-- What is current when this file is applied is the beginning.

CREATE TABLE tutti.tallies_history
(
    epoch UInt32 COMMENT 'Epoch of counting this row belongs to',
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    proposal_id String COMMENT 'Proposal',
    country LowCardinality(String) COMMENT 'Country of the ballots, ISO 3166-1; ZZ unknown',
    trust LowCardinality(String) COMMENT 'Trust level of the ballots',
    agree UInt64 CODEC(T64, ZSTD) COMMENT 'Current ballots that are agree',
    disagree UInt64 CODEC(T64, ZSTD) COMMENT 'Current ballots that are disagree',
    neutral UInt64 CODEC(T64, ZSTD) COMMENT 'Current ballots that are neutral',
    like_it UInt64 CODEC(T64, ZSTD) COMMENT 'Current ballots with the qualification like_it',
    doable UInt64 CODEC(T64, ZSTD) COMMENT 'Current ballots with the qualification doable',
    platitude_agree UInt64 CODEC(T64, ZSTD) COMMENT 'Current ballots with the qualification platitude_agree',
    no_way UInt64 CODEC(T64, ZSTD) COMMENT 'Current ballots with the qualification no_way',
    impossible UInt64 CODEC(T64, ZSTD) COMMENT 'Current ballots with the qualification impossible',
    platitude_disagree UInt64 CODEC(T64, ZSTD) COMMENT 'Current ballots with the qualification platitude_disagree',
    do_not_understand UInt64 CODEC(T64, ZSTD) COMMENT 'Current ballots with the qualification do_not_understand',
    no_opinion UInt64 CODEC(T64, ZSTD) COMMENT 'Current ballots with the qualification no_opinion',
    do_not_care UInt64 CODEC(T64, ZSTD) COMMENT 'Current ballots with the qualification do_not_care',
    minute UInt32 CODEC(ZSTD) COMMENT 'Minute of ClickHouse''s clock in which the row was written, minutes since 1970',
    version UInt64 CODEC(ZSTD) COMMENT 'Offset of the output record: the greatest is the newest',
    is_deleted UInt8 DEFAULT 0 COMMENT '1: the cell is empty again'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY intDiv(minute, 1440)
ORDER BY (epoch, consultation_id, proposal_id, country, trust, minute)
COMMENT 'Last count of each cell in each minute in which it changed; emptied cells and former epochs included';

CREATE MATERIALIZED VIEW tutti.tallies_to_history TO tutti.tallies_history AS
SELECT *, toUInt32(intDiv(toUnixTimestamp(now()), 60)) AS minute
FROM tutti.tallies
WHERE consultation_id != 'tutti-probe';

INSERT INTO tutti.tallies_history
(epoch, consultation_id, proposal_id, country, trust, agree, disagree, neutral, like_it, doable, platitude_agree, no_way, impossible, platitude_disagree, do_not_understand, no_opinion, do_not_care, minute, version, is_deleted)
SELECT
    epoch, consultation_id, proposal_id, country, trust, agree, disagree, neutral, like_it, doable, platitude_agree, no_way, impossible, platitude_disagree, do_not_understand, no_opinion, do_not_care, toUInt32(intDiv(toUnixTimestamp(now()), 60)), version, is_deleted
FROM tutti.tallies FINAL
WHERE consultation_id != 'tutti-probe';

CREATE TABLE tutti.cuts_history
(
    epoch UInt32 COMMENT 'Epoch of counting',
    counted Map(UInt16, UInt64) COMMENT 'Partition of accepted votes -> votes wholly in tallies and windows',
    positions Map(String, UInt64) COMMENT 'topic/partition -> done by the sink at this cut',
    quiescent UInt8 COMMENT '1: nothing was on its way',
    as_of DateTime64(3, 'UTC') COMMENT 'Broker time of the newest vote counted',
    minute UInt32 COMMENT 'Minute of ClickHouse''s clock in which the row was written, minutes since 1970',
    number UInt64 COMMENT 'Counts up; the greatest is the newest',
    written_at DateTime64(3, 'UTC') COMMENT 'When the sink wrote the cut'
)
ENGINE = ReplacingMergeTree(number)
ORDER BY (epoch, minute)
COMMENT 'Last consistent cut of each minute: how far counting was';

CREATE MATERIALIZED VIEW tutti.cuts_to_history TO tutti.cuts_history AS
SELECT *, toUInt32(intDiv(toUnixTimestamp(now()), 60)) AS minute
FROM tutti.cuts;

INSERT INTO tutti.cuts_history
SELECT
    epoch, counted, positions, quiescent, as_of,
    toUInt32(intDiv(toUnixTimestamp(now()), 60)) AS minute, number, written_at
FROM tutti.cuts FINAL;

CREATE TABLE tutti.history_snapshots
(
    epoch UInt32 COMMENT 'Epoch of counting',
    minute UInt32 COMMENT 'The history has every cell of that count again in this minute, so that readers need no earlier one'
)
ENGINE = ReplacingMergeTree
ORDER BY (epoch, minute)
COMMENT 'Minutes from which the history can be read without what is before';

CREATE TABLE tutti.stable_rank_history
(
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    proposal_id String COMMENT 'Proposal',
    minute UInt32 COMMENT 'Tick from which the value is kept, minutes since 1970',
    agree_low Float64 COMMENT 'Lower bound of the agreement at that tick, trusted series'
)
ENGINE = ReplacingMergeTree
ORDER BY (consultation_id, proposal_id, minute)
COMMENT 'Stable lower bounds: what stable_rank orders by, from which tick on';

CREATE TABLE tutti.periodic_ticks
(
    task LowCardinality(String) COMMENT 'Task of the service periodic',
    minute UInt32 COMMENT 'Tick up to which it has done everything, minutes since 1970'
)
ENGINE = ReplacingMergeTree(minute)
ORDER BY task
COMMENT 'How far steps have come that miss no tick';
