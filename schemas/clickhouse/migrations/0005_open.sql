-- What may be public: a ledger of cohorts of at least five people, and who is in them.
-- A publication counts once its number is in open_publications, which is written last.

CREATE DATABASE IF NOT EXISTS open ENGINE = Atomic COMMENT 'Views: what may be public';

CREATE TABLE tutti.open_touched
(
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    proposal_id String COMMENT 'Proposal',
    touched_at DateTime64(3, 'UTC') COMMENT 'When votes on it were last inserted, clock of ClickHouse'
)
ENGINE = ReplacingMergeTree(touched_at)
ORDER BY (consultation_id, proposal_id)
COMMENT 'Which proposals had votes lately, so that a publication looks at no others';

CREATE MATERIALIZED VIEW tutti.accepted_votes_to_open_touched TO tutti.open_touched AS
SELECT consultation_id, proposal_id, now64(3, 'UTC') AS touched_at
FROM tutti.accepted_votes
GROUP BY consultation_id, proposal_id;

INSERT INTO tutti.open_touched
SELECT DISTINCT consultation_id, proposal_id, now64(3, 'UTC') FROM tutti.ballots;

CREATE TABLE tutti.open_publications
(
    number UInt64 COMMENT 'Number of the publication',
    tick DateTime64(3, 'UTC') COMMENT 'Tick it was made at',
    scanned_at DateTime64(3, 'UTC') COMMENT 'Votes inserted before it were looked at, clock of ClickHouse'
)
ENGINE = MergeTree
ORDER BY number
COMMENT 'Publications that are whole; rows with other numbers count nowhere';

CREATE TABLE tutti.open_releases
(
    publication UInt64 COMMENT 'Number of the publication',
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    proposal_id String COMMENT 'Proposal',
    kind LowCardinality(String) COMMENT 'entry: published for the first time; change: of published ballots',
    cell LowCardinality(String) COMMENT 'Country, XX merged, troll, or empty: changes without a country',
    window_start UInt64 COMMENT 'Start of the window of cast_at, s since 1970; 0: none',
    window_seconds UInt32 COMMENT 'Length of that window, s; 0: longer than a day, and changes',
    people UInt64 COMMENT 'Participants in the cohort, at least 5',
    agree Int64 COMMENT 'Ballots it adds to agree',
    disagree Int64 COMMENT 'Ballots it adds to disagree',
    neutral Int64 COMMENT 'Ballots it adds to neutral'
)
ENGINE = MergeTree
ORDER BY (consultation_id, proposal_id, publication)
COMMENT 'Ledger of what is public, one row per cohort: every number of open is a sum of these';

CREATE TABLE tutti.open_people
(
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    proposal_id String COMMENT 'Proposal',
    participant UInt128 COMMENT 'Pseudonym',
    publication UInt64 COMMENT 'Number of the publication; the greatest that is whole is current',
    cell LowCardinality(String) COMMENT 'Cell of the cohort',
    state LowCardinality(String) COMMENT 'Published as agree, disagree, neutral or gone',
    seen UInt8 COMMENT 'Everything it was published as: agree 1, disagree 2, neutral 4, gone 8'
)
ENGINE = MergeTree
ORDER BY (consultation_id, proposal_id, participant, publication)
COMMENT 'How each ballot stands in what is public';

CREATE TABLE tutti.open_pending
(
    publication UInt64 COMMENT 'Number of the publication that is being made',
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    proposal_id String COMMENT 'Proposal',
    participant UInt128 COMMENT 'Pseudonym',
    kind LowCardinality(String) COMMENT 'entry or change',
    cell LowCardinality(String) COMMENT 'Country or troll; of changes, the cell it is published in',
    minute UInt32 COMMENT 'Minute of cast_at, minutes since 1970; of changes 0',
    before LowCardinality(String) COMMENT 'Published as; empty: not published',
    state LowCardinality(String) COMMENT 'Would be published as',
    seen UInt8 COMMENT 'Everything it was published as, bits'
)
ENGINE = MergeTree
ORDER BY (publication, consultation_id, proposal_id, kind, cell, minute)
COMMENT 'Ballots that differ from what is public, while a publication is made; emptied after it';

CREATE TABLE tutti.open_chosen
(
    publication UInt64 COMMENT 'Number of the publication that is being made',
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    proposal_id String COMMENT 'Proposal',
    kind LowCardinality(String) COMMENT 'entry or change',
    cell LowCardinality(String) COMMENT 'Cell of the group',
    minute UInt32 COMMENT 'Minute of the group',
    label LowCardinality(String) COMMENT 'Cell of the cohort the group enters'
)
ENGINE = MergeTree
ORDER BY (publication, consultation_id, proposal_id, kind, cell, minute)
COMMENT 'Groups of open_pending that are published, while a publication is made; emptied after it';
