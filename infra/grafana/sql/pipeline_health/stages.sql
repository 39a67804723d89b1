-- How far each stage is, and how old the newest record is that it has done.
SELECT
    stage, topic, sum(lag) AS lag,
    max(newest_at) AS newest, max(observed_at) AS observed
FROM marts.freshness
GROUP BY stage, topic
ORDER BY lag DESC, stage, topic
