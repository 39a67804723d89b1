-- Rejected messages by the time at which the broker received them, of all consultations.
SELECT $__timeInterval(received_at) AS time, reason, count() AS messages
FROM marts.dead_letters
WHERE $__timeFilter(received_at)
GROUP BY time, reason
ORDER BY time, reason
