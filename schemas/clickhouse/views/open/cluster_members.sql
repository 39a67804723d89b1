-- Which accepted proposal belongs to which cluster. Clusters are made from texts alone: no vote has a
-- part in them.
SELECT
    consultation_id AS consultation_id,  -- Consultation
    proposal_id AS proposal_id,  -- Proposal
    cluster_id AS cluster_id  -- Its cluster now
FROM tutti.assignments FINAL
WHERE cluster_id != ''
    AND (consultation_id, epoch) IN (SELECT consultation_id, epoch FROM tutti.active_cluster_epoch)
    AND (consultation_id, proposal_id) IN (
        SELECT consultation_id, proposal_id FROM tutti.proposals FINAL WHERE status = 'accepted' AND $not_probe
    )
