-- Announced consultations; they close as operators have decided, otherwise as announced.
SELECT
    consultations.* EXCEPT closes_ms,
    if(decided.updated_ms > 0, decided.closes_ms, consultations.closes_ms) AS closes_ms
FROM (SELECT * FROM tutti.consultations FINAL) AS consultations
LEFT JOIN (SELECT * FROM tutti.closing_times FINAL) AS decided USING (consultation_id)
