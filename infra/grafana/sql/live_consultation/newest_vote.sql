-- How long ago the newest counted vote was received. Votes of the probe are among them, so it
-- stays small in a quiet night, too.
SELECT greatest(0, dateDiff('millisecond', max(newest_at), now64(3)) / 1000) AS age
FROM marts.freshness
WHERE stage = 'votes' AND newest_at IS NOT NULL
HAVING count() > 0
