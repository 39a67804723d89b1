-- Does everything add up? Only "different" is an alarm; "pending" is not comparable yet.
SELECT verdict, check, subject, toInt64(expected) AS expected, found, as_of
FROM marts.reconciliation
ORDER BY verdict = 'different' DESC, verdict, check, subject
LIMIT 500
