-- Consultations: the latest accepted message of each, with closings as decided.
SELECT
    consultation_id AS consultation_id,  -- Consultation
    title AS title,  -- Title
    countries AS countries,  -- Countries that take part; empty: any
    weights AS weights,  -- Weight of each of them, e.g. population
    fromUnixTimestamp64Milli(opens_ms, 'UTC') AS opens_at,  -- Opening; NULL: not given
    fromUnixTimestamp64Milli(closes_ms, 'UTC') AS closes_at,  -- Closing, as decided or announced; NULL: not given
    window_seconds AS window_seconds,  -- Length of the windows, s
    rank_min_votes AS rank_min_votes,  -- Fewer trusted votes have no rank
    languages AS languages,  -- Languages of its proposals, BCP 47; empty: not given
    encoder AS encoder  -- Encoder that it names; empty: it follows from the languages
FROM tutti.announced
