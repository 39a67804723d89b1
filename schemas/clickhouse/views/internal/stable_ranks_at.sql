-- The lower bound of agreement that each proposal was ranked by, where ranks must not flicker, at
-- the end of the last whole minute not after `at`.
SELECT
    consultation_id AS consultation_id,  -- Consultation
    proposal_id AS proposal_id,  -- Proposal
    argMax(ranks.agree_low, ranks.minute) AS agree_low  -- Stable lower bound of the agreement
FROM tutti.stable_rank_history AS ranks
WHERE minute <= $at_minute
GROUP BY consultation_id, proposal_id
