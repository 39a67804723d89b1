-- Every proposal with its status: the latest accepted message of each.
SELECT
    consultation_id AS consultation_id,  -- Consultation
    proposal_id AS proposal_id,  -- Proposal
    text AS text,  -- Text as published
    language AS language,  -- BCP 47; empty: not declared
    country AS country,  -- ISO 3166-1; empty: not declared
    status AS status,  -- pending, accepted, refused, postponed or archived
    meta AS meta,  -- true: about the consultation itself; opinion groups are made without it
    fromUnixTimestamp64Milli(submitted_ms, 'UTC') AS submitted_at  -- When it was submitted
FROM tutti.proposals FINAL
