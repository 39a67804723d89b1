-- What is probably a sender's mistake, and what to do about it. Everything is counted all the same.
SELECT warning, subject, ballots, cure
FROM marts.warnings
WHERE consultation_id = decodeURLComponent('${consultation:percentencode}')
ORDER BY ballots DESC, warning, subject
LIMIT 100
