-- Announced consultations: the latest accepted message of each. They close as operators have decided, otherwise as announced.
SELECT
    consultation_id AS consultation_id,  -- Consultation
    consultations.title AS title,  -- Title
    consultations.countries AS countries,  -- Countries that take part; empty: any
    consultations.weights AS weights,  -- Weight of each of them, e.g. population
    consultations.opens_ms AS opens_ms,  -- Opening, ms since 1970; NULL: not given
    if(decided.updated_ms > 0, decided.closes_ms, consultations.closes_ms) AS closes_ms,  -- Closing, ms since 1970; NULL: none
    consultations.window_seconds AS window_seconds,  -- Length of the windows, s
    consultations.rank_min_votes AS rank_min_votes,  -- Fewer trusted votes have no rank
    consultations.languages AS languages,  -- Languages of its proposals, BCP 47; empty: not given
    consultations.encoder AS encoder  -- Encoder that it names; empty: it follows from the languages
FROM (SELECT * FROM tutti.consultations FINAL) AS consultations
LEFT JOIN (SELECT * FROM tutti.closing_times FINAL) AS decided USING (consultation_id)
