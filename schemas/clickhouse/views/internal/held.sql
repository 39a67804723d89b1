-- The lower bound of agreement that each proposal is ranked by where ranks must not flicker.
SELECT
    consultation_id AS consultation_id,  -- Consultation
    proposal_id AS proposal_id,  -- Proposal
    argMax(held.agree_low, held.minute) AS agree_low  -- Held lower bound of the agreement
FROM tutti.held_history AS held
GROUP BY consultation_id, proposal_id
