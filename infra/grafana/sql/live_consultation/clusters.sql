-- Subjects with most ballots. Agreement is a mean over proposals, which may want opposite things.
SELECT label, size AS proposals, ballots, agreement, agreement_low, agreement_high, spread
FROM marts.cluster_leaderboard
WHERE consultation_id = decodeURLComponent('${consultation:percentencode}')
ORDER BY ballots DESC, cluster_id
LIMIT 15
