-- Who closed or reopened which consultation, when and why, in the order of deciding. An entry cancels those of its consultation that were to begin later.
SELECT
    position AS position,  -- Place in the file of closings, from 1
    consultation_id AS consultation_id,  -- Consultation
    since AS since,  -- Start, by the broker's clock
    state AS state,  -- closed, or open: it takes votes again
    grace_seconds AS grace_seconds,  -- How long after a closing votes cast before it may arrive, s
    result AS result,  -- Name of the result that is kept of a closing; empty: none is
    decided_by AS decided_by,  -- Who decided it
    why AS why  -- What they said of it
FROM tutti.closings FINAL
