-- What the votes job counts, the archive of ballots, and what was sent and rejected.
-- Every table can be inserted into twice: the version decides, never a clock.

CREATE DATABASE IF NOT EXISTS tutti ENGINE = Atomic COMMENT 'Tables: internal, written by the sink';

CREATE DATABASE IF NOT EXISTS marts ENGINE = Atomic COMMENT 'Views: what operators and analysts query';

CREATE TABLE tutti.tallies
(
    epoch UInt32 COMMENT 'Epoch of counting this row belongs to; views read the active one',
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    proposal_id String COMMENT 'Proposal',
    country LowCardinality(String) COMMENT 'Country of the ballots, ISO 3166-1; ZZ unknown',
    trust LowCardinality(String) COMMENT 'Trust level of the ballots',
    agree UInt64 COMMENT 'Current ballots that are agree',
    disagree UInt64 COMMENT 'Current ballots that are disagree',
    neutral UInt64 COMMENT 'Current ballots that are neutral',
    like_it UInt64 COMMENT 'Current ballots with the qualification like_it',
    doable UInt64 COMMENT 'Current ballots with the qualification doable',
    platitude_agree UInt64 COMMENT 'Current ballots with the qualification platitude_agree',
    no_way UInt64 COMMENT 'Current ballots with the qualification no_way',
    impossible UInt64 COMMENT 'Current ballots with the qualification impossible',
    platitude_disagree UInt64 COMMENT 'Current ballots with the qualification platitude_disagree',
    do_not_understand UInt64 COMMENT 'Current ballots with the qualification do_not_understand',
    no_opinion UInt64 COMMENT 'Current ballots with the qualification no_opinion',
    do_not_care UInt64 COMMENT 'Current ballots with the qualification do_not_care',
    version UInt64 COMMENT 'Offset of the output record: the greatest is current',
    is_deleted UInt8 DEFAULT 0 COMMENT '1: the cell is empty again'
)
-- protects: the offset of the output record as a row's version
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (epoch, consultation_id, proposal_id, country, trust)
COMMENT 'Counts of current ballots per epoch, proposal, country and trust level';

CREATE TABLE tutti.windows
(
    epoch UInt32 COMMENT 'Epoch of counting this row belongs to; views read the active one',
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    proposal_id String COMMENT 'Proposal',
    country LowCardinality(String) COMMENT 'Country of the ballots, ISO 3166-1; ZZ unknown',
    trust LowCardinality(String) COMMENT 'Trust level of the ballots',
    minute UInt64 COMMENT 'Minute of cast_at, minutes since 1970-01-01 UTC',
    agree UInt64 COMMENT 'Current ballots that are agree',
    disagree UInt64 COMMENT 'Current ballots that are disagree',
    neutral UInt64 COMMENT 'Current ballots that are neutral',
    like_it UInt64 COMMENT 'Current ballots with the qualification like_it',
    doable UInt64 COMMENT 'Current ballots with the qualification doable',
    platitude_agree UInt64 COMMENT 'Current ballots with the qualification platitude_agree',
    no_way UInt64 COMMENT 'Current ballots with the qualification no_way',
    impossible UInt64 COMMENT 'Current ballots with the qualification impossible',
    platitude_disagree UInt64 COMMENT 'Current ballots with the qualification platitude_disagree',
    do_not_understand UInt64 COMMENT 'Current ballots with the qualification do_not_understand',
    no_opinion UInt64 COMMENT 'Current ballots with the qualification no_opinion',
    do_not_care UInt64 COMMENT 'Current ballots with the qualification do_not_care',
    version UInt64 COMMENT 'Offset of the output record: the greatest is current',
    is_deleted UInt8 DEFAULT 0 COMMENT '1: the cell is empty again'
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (epoch, consultation_id, proposal_id, country, trust, minute)
COMMENT 'Counts of current ballots per epoch, proposal, country, trust level and minute';

CREATE TABLE tutti.progress
(
    epoch UInt32 COMMENT 'Epoch of counting',
    partition UInt32 COMMENT 'Partition of tutti.accepted-votes.v1',
    offset UInt64 COMMENT 'Greatest offset the votes job has counted',
    origin_ms Int64 COMMENT 'Broker time of the newest vote counted, ms since 1970',
    version UInt64 COMMENT 'Offset of the output record: the greatest is current',
    is_deleted UInt8 DEFAULT 0 COMMENT '1: the cell is empty again'
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (epoch, partition)
COMMENT 'How far the votes job has counted, per epoch and partition of accepted votes';

CREATE TABLE tutti.accepted_votes
(
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    proposal_id String COMMENT 'Proposal',
    participant String COMMENT 'Pseudonym, 32 hexadecimal digits',
    country LowCardinality(String) COMMENT 'ISO 3166-1; ZZ unknown',
    choice LowCardinality(String) COMMENT 'agree, disagree, neutral or withdrawn',
    trust LowCardinality(String) COMMENT 'troll, trusted, sequence or segment',
    qualifications UInt16 COMMENT 'Qualifications as bits: likeIt 1, doable 2, ... doNotCare 256',
    source LowCardinality(String) COMMENT 'Channel',
    cast_ms Int64 COMMENT 'When the vote was cast, ms since 1970',
    origin_partition UInt16 COMMENT 'Partition of tutti.votes.v1',
    origin_offset UInt64 COMMENT 'Offset in that partition',
    origin_ms Int64 COMMENT 'When the broker received the vote, ms since 1970'
)
ENGINE = Null
COMMENT 'Accepted votes on their way in: keeps nothing itself, the views below do';

CREATE TABLE tutti.ballots
(
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    proposal_id String COMMENT 'Proposal',
    participant UInt128 COMMENT 'Pseudonym',
    country LowCardinality(String) COMMENT 'ISO 3166-1; ZZ unknown',
    choice LowCardinality(String) COMMENT 'agree, disagree, neutral or withdrawn',
    trust LowCardinality(String) COMMENT 'troll, trusted, sequence or segment',
    qualifications UInt16 COMMENT 'Qualifications as bits: likeIt 1, doable 2, ... doNotCare 256',
    source LowCardinality(String) COMMENT 'Channel',
    cast_at DateTime64(3, 'UTC') COMMENT 'When the vote was cast',
    origin_partition UInt16 COMMENT 'Partition of tutti.votes.v1',
    origin_offset UInt64 COMMENT 'Offset in that partition',
    received_at DateTime64(3, 'UTC') COMMENT 'When the broker received the vote',
    version UInt128 COMMENT 'Rank: cast_ms << 64 | origin_partition << 48 | origin_offset'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (consultation_id, proposal_id, participant)
COMMENT 'Archive: the latest accepted vote per participant and proposal, withdrawn ones included';

CREATE MATERIALIZED VIEW tutti.accepted_votes_to_ballots TO tutti.ballots AS
SELECT
    consultation_id, proposal_id,
    reinterpretAsUInt128(reverse(unhex(participant))) AS participant,
    country, choice, trust, qualifications, source,
    fromUnixTimestamp64Milli(cast_ms, 'UTC') AS cast_at,
    origin_partition, origin_offset,
    fromUnixTimestamp64Milli(origin_ms, 'UTC') AS received_at,
    bitOr(
        -- protects: the archive's rank
        bitShiftLeft(toUInt128(cast_ms), 64),
        bitOr(bitShiftLeft(toUInt128(origin_partition), 48), toUInt128(origin_offset))
    ) AS version
FROM tutti.accepted_votes;

CREATE TABLE tutti.accepted_offsets
(
    partition UInt16 COMMENT 'Partition of tutti.votes.v1',
    million UInt64 COMMENT 'Offset divided by 1,000,000',
    offsets AggregateFunction(groupBitmap, UInt32) COMMENT 'Which offsets of that million'
)
ENGINE = AggregatingMergeTree
ORDER BY (partition, million)
COMMENT 'Which messages of tutti.votes.v1 were accepted: a set, so that a repeat counts once';

CREATE MATERIALIZED VIEW tutti.accepted_votes_to_offsets TO tutti.accepted_offsets AS
SELECT
    origin_partition AS partition,
    intDiv(origin_offset, 1000000) AS million,
    groupBitmapState(toUInt32(origin_offset % 1000000)) AS offsets
FROM tutti.accepted_votes
GROUP BY partition, million;

CREATE TABLE tutti.proposals
(
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    proposal_id String COMMENT 'Proposal',
    text String COMMENT 'Text as published',
    language LowCardinality(String) COMMENT 'BCP 47; empty: not declared',
    country LowCardinality(String) COMMENT 'ISO 3166-1; empty: not declared',
    author String COMMENT 'Pseudonym of the author; empty: not declared',
    status LowCardinality(String) COMMENT 'pending, accepted, refused, postponed or archived',
    meta Bool COMMENT 'true: about the consultation itself; opinion groups are made without it',
    submitted_ms Int64 COMMENT 'When it was submitted, ms since 1970',
    origin_partition UInt16 COMMENT 'Partition of tutti.proposals.v1',
    origin_offset UInt64 COMMENT 'Offset in that partition',
    origin_ms Int64 COMMENT 'When the broker received it, ms since 1970',
    version UInt64 MATERIALIZED origin_offset COMMENT 'The latest message wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (consultation_id, proposal_id)
COMMENT 'Proposals: the latest accepted message of each';

CREATE TABLE tutti.consultations
(
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    title String COMMENT 'Title',
    countries Array(String) COMMENT 'Countries that take part; empty: any',
    weights Array(Float64) COMMENT 'Weight of each of them, e.g. population',
    opens_ms Nullable(Int64) COMMENT 'Opening, ms since 1970; NULL: not given',
    closes_ms Nullable(Int64) COMMENT 'Closing, ms since 1970; NULL: not given',
    window_seconds UInt32 COMMENT 'Length of the windows in marts.agreement_by_window, s',
    rank_min_votes UInt32 COMMENT 'Fewer trusted votes have no rank',
    origin_partition UInt16 COMMENT 'Partition of tutti.consultations.v1',
    origin_offset UInt64 COMMENT 'Offset in that partition',
    origin_ms Int64 COMMENT 'When the broker received it, ms since 1970',
    version UInt64 MATERIALIZED origin_offset COMMENT 'The latest message wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY consultation_id
COMMENT 'Consultations: the latest accepted message of each';

CREATE TABLE tutti.dead_letters
(
    topic LowCardinality(String) COMMENT 'Topic of the rejected message',
    partition UInt16 COMMENT 'Its partition',
    offset UInt64 COMMENT 'Its offset',
    received_at DateTime64(3, 'UTC') COMMENT 'When the broker received it',
    reason LowCardinality(String) COMMENT 'Why it was rejected: one of a closed list',
    field String COMMENT 'Field at fault; empty: the message as a whole',
    detail String COMMENT 'What was expected',
    bytes UInt32 COMMENT 'Size of the message, bytes'
)
ENGINE = ReplacingMergeTree
ORDER BY (topic, partition, offset)
COMMENT 'What was rejected and why; unique by coordinates, without the content';

CREATE TABLE tutti.positions
(
    stage LowCardinality(String) COMMENT 'log: the end; intake: read by intake; started, done: by the sink',
    topic LowCardinality(String) COMMENT 'Topic',
    partition UInt16 COMMENT 'Partition',
    next_offset UInt64 COMMENT 'Everything before it is there, read, being written or written',
    offset_gaps UInt64 COMMENT 'Offsets before it that hold no message (intake only)',
    newest_ms Int64 COMMENT 'Broker time of the newest record written, ms since 1970; 0: none',
    written_at DateTime64(3, 'UTC') COMMENT 'When the sink wrote this row'
)
ENGINE = ReplacingMergeTree(next_offset)
ORDER BY (stage, topic, partition)
COMMENT 'How far each stage is in each partition';

CREATE TABLE tutti.cuts
(
    epoch UInt32 COMMENT 'Epoch of counting',
    counted Map(UInt16, UInt64) COMMENT 'Partition of accepted votes -> votes wholly in tallies and windows',
    positions Map(String, UInt64) COMMENT 'topic/partition -> done by the sink at this cut',
    quiescent UInt8 COMMENT '1: nothing was on its way, so that tables can be compared',
    as_of DateTime64(3, 'UTC') COMMENT 'Broker time of the newest vote counted',
    number UInt64 COMMENT 'Counts up; the greatest is current',
    written_at DateTime64(3, 'UTC') COMMENT 'When the sink wrote this row'
)
ENGINE = ReplacingMergeTree(number)
ORDER BY epoch
COMMENT 'Newest consistent cut per epoch: the votes it names are in tallies and windows, wholly';

CREATE TABLE tutti.epochs
(
    epoch UInt32 COMMENT 'Count that is active from then on',
    active_since DateTime64(3, 'UTC') COMMENT 'When it had passed the former one'
)
ENGINE = MergeTree
ORDER BY epoch
COMMENT 'Active epochs: views read the greatest one listed';
