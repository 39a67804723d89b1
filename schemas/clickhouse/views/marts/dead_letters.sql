-- What was rejected and why, one row per rejected message; the content is not kept.
SELECT
    topic AS topic,  -- Topic of the rejected message
    partition AS partition,  -- Its partition
    offset AS offset,  -- Its offset
    received_at AS received_at,  -- When the broker received it
    reason AS reason,  -- Why it was rejected: one of a closed list
    field AS field,  -- Field at fault; empty: the message as a whole
    detail AS detail,  -- What was expected
    bytes AS bytes,  -- Size of the message, bytes
    consultation_id AS consultation_id,  -- Consultation that it names; empty: none that can be read
    source AS source,  -- Source that it names, proven or not; empty: none
    country AS country,  -- Country that it names; ZZ: a vote without one; empty: none that can be read
    ahead_ms AS ahead_ms  -- How far a time from the future lay beyond the broker's, ms; otherwise 0
FROM tutti.dead_letters FINAL
