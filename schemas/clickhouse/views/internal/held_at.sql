-- The lower bound of agreement that each proposal was ranked by, where ranks must not flicker, at
-- the end of the last whole minute not after `at`.
SELECT
    consultation_id AS consultation_id,  -- Consultation
    proposal_id AS proposal_id,  -- Proposal
    argMax(held.agree_low, held.minute) AS agree_low  -- Held lower bound of the agreement
FROM tutti.held_history AS held
WHERE minute <= $at_minute
GROUP BY consultation_id, proposal_id
