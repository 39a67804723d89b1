-- The epoch that was active at the end of the last whole minute not after `at`, and from which
-- minute on its history is needed.
WITH active AS (
    SELECT max(epoch) AS epoch
    FROM tutti.epochs
    WHERE toUnixTimestamp64Milli(active_since) <= $at_minute * 60000
)
SELECT
    active.epoch AS epoch,  -- Epoch of counting; 0: none yet
    max(snapshots.minute) AS from_minute  -- Its history is complete from this minute on; 0: from the beginning
FROM active
LEFT JOIN (SELECT epoch, minute FROM tutti.history_snapshots WHERE minute < $at_minute) AS snapshots
    ON snapshots.epoch = active.epoch
GROUP BY active.epoch
