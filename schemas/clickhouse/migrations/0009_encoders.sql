-- A consultation says its languages, and with which encoder its proposals are clustered.

ALTER TABLE tutti.consultations
    ADD COLUMN IF NOT EXISTS languages Array(String) COMMENT 'Languages of its proposals, BCP 47; empty: not given' AFTER rank_min_votes,
    ADD COLUMN IF NOT EXISTS encoder LowCardinality(String) COMMENT 'Encoder that it names; empty: it follows from the languages' AFTER languages;

ALTER TABLE tutti.clusters
    ADD COLUMN IF NOT EXISTS kind LowCardinality(String) DEFAULT 'topic' COMMENT 'topic, or unreadable: texts that the encoder cannot read' AFTER cluster_id,
    ADD COLUMN IF NOT EXISTS model LowCardinality(String) COMMENT 'Encoder, with its version' AFTER micro_clusters;

ALTER TABLE tutti.cluster_events
    ADD COLUMN IF NOT EXISTS model LowCardinality(String) COMMENT 'Encoder, with its version' AFTER size;

ALTER TABLE tutti.cluster_progress
    ADD COLUMN IF NOT EXISTS job_epoch UInt32 COMMENT 'Epoch of the job''s state; epoch is greater where the consultation has changed its encoder since' AFTER epoch;
