-- What was rejected and why, one row per rejected message; the content is not kept.
SELECT
    topic AS topic,  -- Topic of the rejected message
    partition AS partition,  -- Its partition
    offset AS offset,  -- Its offset
    received_at AS received_at,  -- When the broker received it
    reason AS reason,  -- Why it was rejected: one of a closed list
    field AS field,  -- Field at fault; empty: the message as a whole
    detail AS detail,  -- What was expected
    bytes AS bytes  -- Size of the message, bytes
FROM tutti.dead_letters FINAL
