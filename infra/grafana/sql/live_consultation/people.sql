-- Who takes part, of every country: people do not add up over countries.
SELECT participants, ballots, median_ballots AS ballots_per_participant
FROM marts.participation
WHERE consultation_id = decodeURLComponent('${consultation:percentencode}') AND country = 'all' AND hour IS NULL
