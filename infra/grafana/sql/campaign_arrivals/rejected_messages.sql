-- What was rejected within the range shown and what was expected, the most frequent first.
SELECT
    topic, reason, field, detail AS expected, count() AS messages, max(received_at) AS newest,
    argMax(concat(toString(partition), '/', toString(offset)), received_at) AS newest_at
FROM marts.dead_letters
WHERE $__timeFilter(received_at)
GROUP BY topic, reason, field, expected
ORDER BY messages DESC, topic, reason, field, expected
LIMIT 50
