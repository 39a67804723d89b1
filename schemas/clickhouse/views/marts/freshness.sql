-- How late each stage is, per partition: what the log holds against what was read or counted.
WITH
log AS (
    SELECT topic, partition, next_offset FROM tutti.positions FINAL WHERE stage = 'log'
),
stages AS (
    SELECT stage, topic, partition, next_offset, newest_ms, written_at
    FROM tutti.positions FINAL
    WHERE stage = 'intake'
    UNION ALL
    SELECT 'sink', topic, partition, next_offset, newest_ms, written_at
    FROM tutti.positions FINAL
    WHERE stage = 'done'
    UNION ALL
    SELECT
        'votes', 'tutti.accepted-votes.v1', toUInt16(progress.partition), progress.offset + 1,
        progress.origin_ms, (SELECT max(written_at) FROM tutti.active_cut)
    FROM tutti.progress AS progress FINAL
    WHERE epoch = (SELECT max(epoch) FROM tutti.epochs)
    UNION ALL
    SELECT
        'semantics', 'tutti.accepted-proposals.v1', toUInt16(0),
        if(max(newest < furthest), minIf(newest, newest < furthest), max(furthest)) + 1, max(newest_ms),
        (SELECT max(written_at) FROM tutti.positions FINAL WHERE stage = 'done' AND topic = 'tutti.cluster-progress.v1')
    FROM
    (
        -- A consultation that changes its encoder is clustered anew: as far as that has come.
        SELECT max(offset) AS furthest, argMax(offset, epoch) AS newest, max(at_ms) AS newest_ms
        FROM tutti.cluster_progress FINAL
        WHERE job_epoch = (SELECT max(job_epoch) FROM tutti.cluster_progress)
        GROUP BY consultation_id
    )
    HAVING count() > 0
)
SELECT
    stages.stage AS stage,  -- intake, votes (the counting job), semantics (clusters) or sink
    stages.topic AS topic,  -- What it reads
    stages.partition AS partition,  -- Partition
    stages.next_offset AS next_offset,  -- Everything before it is done
    toInt64(log.next_offset) - toInt64(stages.next_offset) AS lag,  -- Records in the log that are not done yet
    if(stages.newest_ms = 0, NULL, fromUnixTimestamp64Milli(stages.newest_ms, 'UTC')) AS newest_at,  -- Broker time of the newest record done; NULL: none yet
    stages.written_at AS observed_at  -- When this was recorded
FROM stages
LEFT JOIN log ON log.topic = stages.topic AND log.partition = stages.partition
