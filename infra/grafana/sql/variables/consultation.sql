-- Consultations that have a message or ballots, announced ones first: id and what is shown.
SELECT consultation_id, if(title = '', consultation_id, concat(title, ' · ', consultation_id)) AS shown
FROM (
    SELECT consultation_id, max(title) AS title
    FROM (
        SELECT consultation_id, title FROM marts.consultations
        UNION ALL
        SELECT DISTINCT consultation_id, '' FROM marts.agreement_by_country
    )
    GROUP BY consultation_id
)
ORDER BY title = '', title, consultation_id
LIMIT 1000
