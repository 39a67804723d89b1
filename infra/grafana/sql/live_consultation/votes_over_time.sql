-- Current ballots by the time at which they were cast, per second. A re-vote leaves its old window.
SELECT
    $__timeInterval(window_start) AS time,
    sum(agree) / $__interval_s AS agree,
    sum(disagree) / $__interval_s AS disagree,
    sum(neutral) / $__interval_s AS neutral
FROM marts.agreement_by_window
WHERE consultation_id = decodeURLComponent('${consultation:percentencode}')
    AND $__timeFilter(window_start)
    AND has(splitByChar(',', trim(BOTH '{}' FROM decodeURLComponent('${country:percentencode}'))), country)
GROUP BY time
ORDER BY time
