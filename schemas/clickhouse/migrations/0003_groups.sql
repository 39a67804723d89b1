-- Opinion groups: one row per consultation holds its newest run, so that a run shows all at once.
-- Which group a person is in is personal data: it stays in tutti and in no view of marts.

CREATE TABLE tutti.group_runs
(
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    run UInt64 COMMENT 'Counts up per consultation; the greatest is current',
    status LowCardinality(String) COMMENT 'grouped, too_few (nothing to group) or too_large (not computed)',
    as_of DateTime64(3, 'UTC') COMMENT 'Broker time of the newest vote considered',
    computed_at DateTime64(3, 'UTC') COMMENT 'When the run ended',
    seconds Float64 COMMENT 'How long the run took, reading included',
    ballots UInt64 COMMENT 'Current ballots of the trusted series; too_large: rows counted at least',
    participants UInt32 COMMENT 'People with at least one ballot',
    grouped UInt32 COMMENT 'People with enough ballots to be grouped',
    proposals UInt32 COMMENT 'Proposals with at least one ballot',
    k UInt8 COMMENT 'How many groups; 0: none',
    silhouette Float64 COMMENT 'Mean silhouette of the base clusters',
    noise_silhouette Nullable(Float64) COMMENT 'Greatest silhouette of the shuffled runs; NULL: not tested yet',
    noise_ballots UInt64 COMMENT 'Ballots when that was tested',
    noise_at DateTime64(3, 'UTC') COMMENT 'When that was tested',
    method LowCardinality(String) COMMENT 'Name and version of the method',
    group_ids Array(UInt8) COMMENT 'The groups, from the largest',
    sizes Array(UInt32) COMMENT 'People in each of them',
    cell_proposals Array(String) COMMENT 'A cell for each proposal and group: its proposal',
    cell_groups Array(UInt8) COMMENT 'Group of each cell',
    cell_agree Array(UInt32) COMMENT 'Ballots of the group that agree',
    cell_disagree Array(UInt32) COMMENT 'Ballots of the group that disagree',
    cell_neutral Array(UInt32) COMMENT 'Ballots of the group that are neutral'
)
ENGINE = ReplacingMergeTree(run)
ORDER BY consultation_id
COMMENT 'Opinion groups: the newest run of each consultation, with the votes of each group';

CREATE TABLE tutti.group_members
(
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    run UInt64 COMMENT 'The run of tutti.group_runs that this belongs to',
    participants Array(UInt128) COMMENT 'Pseudonyms of the people grouped: personal data, never in marts',
    group_ids Array(UInt8) COMMENT 'The group of each'
)
ENGINE = ReplacingMergeTree(run)
ORDER BY consultation_id
COMMENT 'Who is in which opinion group: internal, so that groups keep their ids';
