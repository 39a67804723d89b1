-- Proposals that repeat an earlier one, word for word or nearly. Votes are never merged: each keeps its own.
SELECT
    copies.consultation_id AS consultation_id,  -- Consultation
    copies.proposal_id AS proposal_id,  -- The later proposal
    copies.duplicate_of AS duplicate_of,  -- The earliest proposal of that text
    copies.duplicate_kind AS kind,  -- exact: the same text but for case, spaces and the like; near: by MinHash of character n-grams
    copies.duplicate_similarity AS similarity,  -- 1, or the estimated Jaccard similarity
    later.text AS text,  -- Text of the later proposal
    earlier.text AS text_of  -- Text of the earliest one
FROM (
    SELECT * FROM tutti.assignments FINAL
    WHERE cluster_id != '' AND duplicate_of != '' AND (consultation_id, epoch) IN (SELECT consultation_id, epoch FROM tutti.active_cluster_epoch)
) AS copies
LEFT JOIN (SELECT consultation_id, proposal_id, text FROM tutti.proposals FINAL) AS later
    ON later.consultation_id = copies.consultation_id AND later.proposal_id = copies.proposal_id
LEFT JOIN (SELECT consultation_id, proposal_id, text FROM tutti.proposals FINAL) AS earlier
    ON earlier.consultation_id = copies.consultation_id AND earlier.proposal_id = copies.duplicate_of
