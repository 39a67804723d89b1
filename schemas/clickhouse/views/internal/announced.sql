-- Announced consultations, open and closed as operators have decided, otherwise as announced.
SELECT
    consultations.* EXCEPT (opens_ms, closes_ms),
    coalesce(hours.opens_ms, consultations.opens_ms) AS opens_ms,
    if(hours.updated_ms > 0, hours.closes_ms, consultations.closes_ms) AS closes_ms
FROM (SELECT * FROM tutti.consultations FINAL) AS consultations
LEFT JOIN (SELECT * FROM tutti.opening_hours FINAL) AS hours USING (consultation_id)
