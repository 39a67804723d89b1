-- Announced consultations with what is published of them. It counts ballots: people vote on several
-- proposals.
WITH counts AS (
    SELECT
        consultation_id,
        sumIf(releases.agree + releases.disagree + releases.neutral, releases.cell != 'troll') AS ballots,
        uniqExactIf(releases.cell, releases.cell NOT IN ('troll', '', 'XX', 'ZZ')) AS countries_named,
        max(releases.tick) AS as_of
    FROM tutti.releases AS releases
    WHERE (consultation_id, proposal_id) IN (
        SELECT consultation_id, proposal_id FROM tutti.proposals FINAL WHERE status = 'accepted'
    )
    GROUP BY consultation_id
)
SELECT
    consultation_id AS consultation_id,  -- Consultation
    title AS title,  -- Title
    countries AS countries,  -- Countries that take part; empty: any
    weights AS weights,  -- Weight of each of them, e.g. population
    fromUnixTimestamp64Milli(opens_ms, 'UTC') AS opens_at,  -- Opening; NULL: not given
    fromUnixTimestamp64Milli(closes_ms, 'UTC') AS closes_at,  -- Closing, as decided or announced; NULL: not given
    if(rank_min_votes = 0, 30, rank_min_votes) AS rank_min_votes,  -- Proposals with fewer published ballots have no rank
    accepted.proposals AS proposals,  -- Accepted proposals
    counts.ballots AS ballots,  -- Published ballots on them, trusted series
    counts.countries_named AS countries_named,  -- Countries that have published ballots under their own code
    nullIf(counts.as_of, toDateTime64(0, 3, 'UTC')) AS as_of  -- Tick of the newest publication; NULL: none
FROM (SELECT * FROM tutti.announced WHERE $not_probe) AS consultations
LEFT JOIN counts USING (consultation_id)
LEFT JOIN (
    SELECT consultation_id, count() AS proposals
    FROM tutti.proposals FINAL
    WHERE status = 'accepted'
    GROUP BY consultation_id
) AS accepted USING (consultation_id)
