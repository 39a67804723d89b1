-- How much of the consultation's weight stands behind the board, and what counts for no country.
SELECT
    sum(votes_outside) / sum(votes) AS outside,
    quantileExact(0.5)(coverage) AS median_coverage,
    countIf(rank IS NULL) AS unranked,
    count() AS accepted
FROM marts.leaderboard
WHERE consultation_id = decodeURLComponent('${consultation:percentencode}')
HAVING sum(votes) > 0
