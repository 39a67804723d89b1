-- How far the campaign trusts the ballots, per country.
SELECT country, ballots, troll_share, trusted_share, sequence_share, segment_share
FROM marts.participation
WHERE consultation_id = decodeURLComponent('${consultation:percentencode}') AND hour IS NULL
    AND (country = 'all' OR has(splitByChar(',', trim(BOTH '{}' FROM decodeURLComponent('${country:percentencode}'))), country))
ORDER BY country = 'all' DESC, ballots DESC, country
LIMIT 100
