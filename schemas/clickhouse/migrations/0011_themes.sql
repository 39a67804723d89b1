-- Clusters belong to themes, a level that people read whole.

ALTER TABLE tutti.clusters
    ADD COLUMN IF NOT EXISTS theme_id String COMMENT 'Its theme; empty: there are none yet' AFTER model,
    ADD COLUMN IF NOT EXISTS theme_terms Array(String) COMMENT 'Words that set the theme apart from the other themes, best first' AFTER theme_id;
