-- Countries with ballots in the consultation.
SELECT DISTINCT country
FROM marts.agreement_by_country
WHERE consultation_id = decodeURLComponent('${consultation:percentencode}')
ORDER BY country
