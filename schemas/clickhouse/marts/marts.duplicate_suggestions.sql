-- Pairs of proposals of one cluster whose vectors are near (cosine at least 0.85) and that marts.duplicates does not link: suggestions for moderators, never merged. Near in meaning is not of one opinion: tutti similar says which pairs may want the opposite.
WITH
near AS (
    SELECT
        members.consultation_id AS consultation_id, members.cluster_id AS cluster_id,
        members.proposal_id AS proposal_id, members.language AS language,
        members.duplicate_of AS duplicate_of, vectors.vector AS vector
    FROM (
        SELECT * FROM tutti.assignments FINAL
        WHERE cluster_id != '' AND generation = (SELECT generation FROM tutti.shown_generation)
    ) AS members
    INNER JOIN (SELECT * FROM tutti.vectors FINAL) AS vectors USING (generation, consultation_id, proposal_id)
),
texts AS (SELECT consultation_id, proposal_id, text FROM tutti.proposals FINAL),
pairs AS (
    SELECT
        one.consultation_id AS consultation_id, one.proposal_id AS proposal_id,
        other.proposal_id AS other_id, one.language AS language, other.language AS other_language,
        1 - cosineDistance(one.vector, other.vector) AS cosine
    FROM near AS one
    INNER JOIN near AS other ON one.consultation_id = other.consultation_id AND one.cluster_id = other.cluster_id
    WHERE one.proposal_id < other.proposal_id AND one.duplicate_of != other.proposal_id
        AND other.duplicate_of != one.proposal_id
        AND (one.duplicate_of = '' OR one.duplicate_of != other.duplicate_of)
        AND cosine >= 0.85
)
SELECT
    pairs.consultation_id AS consultation_id,  -- Consultation
    pairs.proposal_id AS proposal_id,  -- One proposal
    pairs.other_id AS other_id,  -- The other one
    pairs.cosine AS similarity,  -- Cosine of their vectors
    texts.text AS text,  -- Text of the one
    others.text AS other_text,  -- Text of the other
    pairs.language AS language,  -- Language of the one
    pairs.other_language AS other_language  -- Language of the other
FROM pairs
LEFT JOIN texts ON texts.consultation_id = pairs.consultation_id AND texts.proposal_id = pairs.proposal_id
LEFT JOIN texts AS others ON others.consultation_id = pairs.consultation_id AND others.proposal_id = pairs.other_id
