-- Who takes part where, beside the weight that the consultation gives the country.
WITH weights AS (
    SELECT code, weight / sum(weight) OVER () AS share
    FROM (
        SELECT code, weight
        FROM marts.consultations
        ARRAY JOIN countries AS code, weights AS weight
        WHERE consultation_id = decodeURLComponent('${consultation:percentencode}')
    )
)
SELECT
    country, participants, ballots,
    participants / sum(participants) OVER () AS share_of_participants,
    if(weights.code = '', NULL, weights.share) AS share_of_weight
FROM marts.participation AS people
LEFT JOIN weights ON weights.code = people.country
WHERE consultation_id = decodeURLComponent('${consultation:percentencode}') AND country != 'all' AND hour IS NULL
    AND has(splitByChar(',', trim(BOTH '{}' FROM decodeURLComponent('${country:percentencode}'))), country)
ORDER BY participants DESC, country
LIMIT 100
