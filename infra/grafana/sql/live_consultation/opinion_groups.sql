-- People who vote alike. Read the verdict first: clustering finds groups in noise, too.
SELECT verdict, group, size, grouped, participants, dimensions, gap, share_error, computed_at
FROM marts.opinion_groups
WHERE consultation_id = decodeURLComponent('${consultation:percentencode}')
ORDER BY group
LIMIT 20
