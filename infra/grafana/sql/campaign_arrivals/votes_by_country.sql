-- Current ballots per second and country, by the time at which they were cast.
SELECT $__timeInterval(window_start) AS time, country, sum(votes_all) / $__interval_s AS ballots
FROM marts.agreement_by_window
WHERE consultation_id = decodeURLComponent('${consultation:percentencode}')
    AND $__timeFilter(window_start)
    AND has(splitByChar(',', trim(BOTH '{}' FROM decodeURLComponent('${country:percentencode}'))), country)
GROUP BY time, country
ORDER BY time, country
