-- Arrival ledger: messages that were rejected, by minute, source, consultation, country and reason. Each is counted once; single ones are in marts.dead_letters.
SELECT
    consultation_id AS consultation_id,  -- Consultation that the messages name; empty: none that can be read
    minute AS minute,  -- Minute in which the broker received them
    source AS source,  -- Source that they name, proven or not; empty: none
    country AS country,  -- Country that they name; ZZ: votes that name none; empty: none that can be read
    kind AS kind,  -- votes, proposals or consultations
    reason AS reason,  -- Why they were rejected: one of a closed list
    sum(n) AS messages,  -- How many
    $rejection_cure AS cure  -- What their sender does about it
FROM tutti.arrival_cells
WHERE reason != '' AND $not_probe
GROUP BY consultation_id, minute, source, country, kind, reason
