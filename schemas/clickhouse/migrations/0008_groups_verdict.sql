-- The verdict on opinion groups in two parts, groups of each country, and groups of a sample.

ALTER TABLE tutti.group_runs
    ADD COLUMN IF NOT EXISTS country LowCardinality(String) COMMENT 'Whose ballots: ISO 3166-1; empty: all countries'' together' AFTER consultation_id,
    ADD COLUMN IF NOT EXISTS eligible UInt32 COMMENT 'People with enough ballots to be grouped; where fewer are grouped, they were drawn' AFTER participants,
    ADD COLUMN IF NOT EXISTS shares Array(Float64) COMMENT 'Of each component, its share in what the ones before it leave' AFTER silhouette,
    ADD COLUMN IF NOT EXISTS noise_mean Nullable(Float64) COMMENT 'Mean share of the first component when votes are dealt anew; NULL: not tested yet' AFTER shares,
    ADD COLUMN IF NOT EXISTS noise_deviation Float64 COMMENT 'Its standard deviation' AFTER noise_mean,
    ADD COLUMN IF NOT EXISTS dimensions Nullable(UInt8) COMMENT 'Components that are more than chance; NULL: not tested yet' AFTER noise_deviation,
    ADD COLUMN IF NOT EXISTS gap Float64 COMMENT 'Share of the people who would have to move for the gap between groups to close: the dip' AFTER dimensions,
    MODIFY ORDER BY (consultation_id, country);

ALTER TABLE tutti.group_members
    ADD COLUMN IF NOT EXISTS country LowCardinality(String) COMMENT 'Whose ballots; empty: all countries'' together' AFTER consultation_id,
    MODIFY ORDER BY (consultation_id, country);
