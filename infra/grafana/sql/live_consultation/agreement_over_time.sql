-- Agreement of the five leading proposals, of the ballots cast up to each moment.
WITH leaders AS (
    SELECT proposal_id, substring(text, 1, 60) AS proposal
    FROM marts.leaderboard
    WHERE consultation_id = decodeURLComponent('${consultation:percentencode}') AND stable_rank <= 5
),
cast AS (
    SELECT
        proposal_id, $__timeInterval(window_start) AS time, sum(agree) AS agreed, sum(votes) AS voted
    FROM marts.agreement_by_window
    WHERE consultation_id = decodeURLComponent('${consultation:percentencode}')
        AND proposal_id IN (SELECT proposal_id FROM leaders)
        AND window_start <= $__toTime
        AND has(splitByChar(',', trim(BOTH '{}' FROM decodeURLComponent('${country:percentencode}'))), country)
    GROUP BY proposal_id, time
),
summed AS (
    SELECT
        proposal_id, time,
        sum(agreed) OVER (PARTITION BY proposal_id ORDER BY time) AS agreed_so_far,
        sum(voted) OVER (PARTITION BY proposal_id ORDER BY time) AS voted_so_far
    FROM cast
)
SELECT summed.time AS time, leaders.proposal AS proposal, agreed_so_far / voted_so_far AS agreement
FROM summed
INNER JOIN leaders ON leaders.proposal_id = summed.proposal_id
WHERE voted_so_far > 0 AND $__timeFilter(time)
ORDER BY time, proposal
