-- The arrival ledger, counted: messages of each minute, source, country and outcome.
SELECT
    consultation_id AS consultation_id,  -- Consultation; empty: not known
    minute AS minute,  -- Minute in which the broker received the messages
    source AS source,  -- Source; empty: not known
    country AS country,  -- Country; empty: not known
    kind AS kind,  -- votes, proposals or consultations
    reason AS reason,  -- Why they were rejected; empty: they were accepted
    late AS late,  -- Votes that came more than 300 s after they were cast
    half_hours AS half_hours,  -- How many half hours after they were cast, if nearly a whole number
    groupBitmapMerge(messages) AS n  -- Messages, each counted once
FROM tutti.arrivals
WHERE $not_probe
GROUP BY consultation_id, minute, source, country, kind, reason, late, half_hours
