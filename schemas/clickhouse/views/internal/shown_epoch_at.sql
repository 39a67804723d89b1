-- Which count was shown at the end of the last whole minute not after `at`, and from which minute
-- on its history is needed.
WITH shown AS (
    SELECT max(epoch) AS epoch
    FROM tutti.epochs
    WHERE toUnixTimestamp64Milli(active_since) <= $at_minute * 60000
)
SELECT
    shown.epoch AS epoch,  -- Which count; 0: none yet
    max(bases.minute) AS from_minute  -- Its history is complete from this minute on; 0: from the beginning
FROM shown
LEFT JOIN (SELECT epoch, minute FROM tutti.history_snapshots WHERE minute < $at_minute) AS bases
    ON bases.epoch = shown.epoch
GROUP BY shown.epoch
