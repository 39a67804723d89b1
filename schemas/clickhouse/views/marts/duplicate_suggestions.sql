-- Pairs of proposals of one cluster whose vectors are near (how near depends on the encoder, and on whether the stance can be judged: operators/core/clusters/nearness.py) and that marts.duplicates does not link: suggestions for moderators, never merged. Near in meaning is not of one opinion: see stance. Each minute 1,000 proposals that are new or have moved are looked at, and the 20 nearest of each are kept.
WITH
members AS (
    SELECT
        assignments.consultation_id AS consultation_id, assignments.cluster_id AS cluster_id,
        assignments.proposal_id AS proposal_id, assignments.language AS language,
        assignments.duplicate_of AS duplicate_of, vectors.version AS version, texts.text AS text
    FROM (
        SELECT * FROM tutti.assignments FINAL
        WHERE cluster_id != '' AND (consultation_id, epoch) IN (SELECT consultation_id, epoch FROM tutti.active_cluster_epoch)
    ) AS assignments
    INNER JOIN (
        SELECT consultation_id, proposal_id, version FROM tutti.vectors FINAL
        WHERE (consultation_id, epoch) IN (SELECT consultation_id, epoch FROM tutti.active_cluster_epoch)
    ) AS vectors USING (consultation_id, proposal_id)
    LEFT JOIN (SELECT consultation_id, proposal_id, text FROM tutti.proposals FINAL) AS texts
        USING (consultation_id, proposal_id)
)
SELECT
    pairs.consultation_id AS consultation_id,  -- Consultation
    pairs.proposal_id AS proposal_id,  -- One proposal
    pairs.other_id AS other_id,  -- The other one
    pairs.similarity AS similarity,  -- Cosine of their vectors
    pairs.stance AS stance,  -- By the words alone (negations, words for less or the end of something, contraries; per language): opposite: do not treat them as one; same: no sign of the contrary was found; unclear: cannot be told
    one.text AS text,  -- Text of the one
    other.text AS other_text,  -- Text of the other
    one.language AS language,  -- Language of the one
    other.language AS other_language  -- Language of the other
FROM (
    SELECT * FROM tutti.suggestions FINAL WHERE (consultation_id, epoch) IN (SELECT consultation_id, epoch FROM tutti.active_cluster_epoch)
) AS pairs
INNER JOIN members AS one ON one.consultation_id = pairs.consultation_id AND one.proposal_id = pairs.proposal_id
INNER JOIN members AS other ON other.consultation_id = pairs.consultation_id AND other.proposal_id = pairs.other_id
WHERE one.cluster_id = other.cluster_id
    AND one.version = pairs.proposal_version AND other.version = pairs.other_version
    AND one.duplicate_of != other.proposal_id AND other.duplicate_of != one.proposal_id
    AND (one.duplicate_of = '' OR one.duplicate_of != other.duplicate_of)
