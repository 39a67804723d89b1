-- The epoch of clusters that is active, per consultation: the one that has come furthest, of equal ones the newest. A new one replaces the old one when it has caught up.
SELECT
    consultation_id AS consultation_id,  -- Consultation
    argMax(epoch, (offset, epoch)) AS epoch  -- Epoch of clustering
FROM tutti.cluster_progress FINAL
GROUP BY consultation_id
