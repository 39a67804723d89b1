-- Which proposal belongs to which cluster, with its own agreement (trusted series). Only accepted proposals are in clusters.
WITH counts AS (
    SELECT
        consultation_id, proposal_id,
        sumIf(cells.agree + cells.disagree + cells.neutral, cells.trust != 'troll') AS votes,
        sumIf(cells.agree, cells.trust != 'troll') AS agree
    FROM tutti.cells AS cells
    GROUP BY consultation_id, proposal_id
)
SELECT
    members.consultation_id AS consultation_id,  -- Consultation
    members.proposal_id AS proposal_id,  -- Proposal
    members.cluster_id AS cluster_id,  -- Its cluster now
    members.cluster_id_at_arrival AS cluster_id_at_arrival,  -- Its cluster when its present text arrived
    members.similarity AS similarity,  -- Cosine with its cluster's centroid when it was put there, -1 to 1
    members.model AS model,  -- Encoder, with its version
    members.language AS language,  -- BCP 47, declared or recognised; empty: unknown
    proposals.text AS text,  -- Text as published
    counts.votes AS votes,  -- agree + disagree + neutral, ballots
    counts.agree AS agree,  -- Ballots that agree
    $agreement_rate AS agree_rate,  -- agree / votes; NULL without votes
    $agreement_low AS agree_low,  -- Lower bound of Wilson's 95 % interval of agree_rate
    $agreement_high AS agree_high  -- Upper bound of Wilson's 95 % interval of agree_rate
FROM (
    SELECT * FROM tutti.assignments FINAL
    WHERE cluster_id != '' AND (consultation_id, epoch) IN (SELECT consultation_id, epoch FROM tutti.active_cluster_epoch)
) AS members
LEFT JOIN (SELECT * FROM tutti.proposals FINAL) AS proposals USING (consultation_id, proposal_id)
LEFT JOIN counts USING (consultation_id, proposal_id)
