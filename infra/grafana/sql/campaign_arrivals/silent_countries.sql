-- Countries that had ballots within the range shown, quietest first. Time is that of casting.
SELECT
    country,
    max(window_start) AS newest_window,
    dateDiff('second', newest_window, $__toTime) AS silent_for,
    sumIf(votes_all, window_start > $__toTime - INTERVAL 1 HOUR) AS ballots_last_hour,
    sumIf(
        votes_all,
        window_start > $__toTime - INTERVAL 2 HOUR AND window_start <= $__toTime - INTERVAL 1 HOUR
    ) AS ballots_hour_before
FROM marts.agreement_by_window
WHERE consultation_id = decodeURLComponent('${consultation:percentencode}')
    AND $__timeFilter(window_start)
    AND has(splitByChar(',', trim(BOTH '{}' FROM decodeURLComponent('${country:percentencode}'))), country)
GROUP BY country
ORDER BY silent_for DESC, country
LIMIT 100
