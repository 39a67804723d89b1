-- The first twenty, in the order that does not flicker.
SELECT
    stable_rank AS rank, proposal_id, text, votes, agree_rate, agree_low, agree_high, consensus,
    consensus_low, consensus_high, coverage, weakest_country, weakest_country_rate,
    zone_confident AS zone
FROM marts.leaderboard
WHERE consultation_id = decodeURLComponent('${consultation:percentencode}') AND stable_rank IS NOT NULL
ORDER BY stable_rank
LIMIT 20
