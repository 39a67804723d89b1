-- The vectors of accepted proposals: cosineDistance(vector, …) finds those that are about the same.
SELECT
    vectors.consultation_id AS consultation_id,  -- Consultation
    vectors.proposal_id AS proposal_id,  -- Proposal
    vectors.model AS model,  -- Encoder, with its version: compare vectors of one model only
    vectors.vector AS vector  -- Vector of its present text, of length 1
FROM (
    SELECT * FROM tutti.vectors FINAL WHERE (consultation_id, epoch) IN (SELECT consultation_id, epoch FROM tutti.active_cluster_epoch)
) AS vectors
INNER JOIN (
    SELECT consultation_id, proposal_id FROM tutti.proposals FINAL WHERE status = 'accepted'
) AS proposals USING (consultation_id, proposal_id)
