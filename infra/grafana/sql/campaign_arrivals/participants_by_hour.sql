-- People whose earliest current ballot was cast in each hour, and all who cast one then.
SELECT toDateTime(start) AS time, new_participants, participants
FROM (
    SELECT assumeNotNull(hour) AS start, new_participants, participants
    FROM marts.participation
    WHERE consultation_id = decodeURLComponent('${consultation:percentencode}')
        AND country = 'all' AND hour IS NOT NULL
)
WHERE $__timeFilter(start)
ORDER BY time
