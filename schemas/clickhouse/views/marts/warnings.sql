-- What is probably a sender's mistake: a country that ISO 3166-1 does not know, a proposal that has
-- votes and was never sent, a consultation that has votes or proposals and was never announced.
-- Everything is counted all the same.
WITH
codes AS (
    SELECT consultation_id, toString(country) AS code, agree + disagree + neutral AS ballots
    FROM tutti.cells
    UNION ALL
    SELECT consultation_id, toString(country), 0 FROM tutti.proposals FINAL WHERE country != ''
    UNION ALL
    SELECT consultation_id, arrayJoin(countries), 0 FROM tutti.consultations FINAL
),
named AS (
    SELECT consultation_id, proposal_id, agree + disagree + neutral AS ballots FROM tutti.cells
    UNION ALL
    SELECT consultation_id, proposal_id, 0 FROM tutti.proposals FINAL
),
found AS (
    SELECT
        consultation_id, 'unknown_country' AS warning, code AS subject,
        sum(codes.ballots) AS ballots, $country_advice AS cure
    FROM codes
    WHERE code NOT IN ($known_countries)
    GROUP BY consultation_id, code
    UNION ALL
    SELECT
        consultation_id, 'proposal_not_sent', proposal_id,
        sum(named.ballots), 'send the proposal, or the votes with the proposal_id that was meant'
    FROM named
    WHERE (consultation_id, proposal_id) NOT IN (
        SELECT consultation_id, proposal_id FROM tutti.proposals FINAL
    )
    GROUP BY consultation_id, proposal_id
    UNION ALL
    SELECT
        consultation_id, 'consultation_not_announced', toString(consultation_id),
        sum(named.ballots), 'send the consultation, or the votes with the consultation_id that was meant'
    FROM named
    WHERE consultation_id NOT IN (SELECT consultation_id FROM tutti.consultations FINAL)
    GROUP BY consultation_id
)
SELECT
    consultation_id AS consultation_id,  -- Consultation
    warning AS warning,  -- unknown_country, proposal_not_sent or consultation_not_announced
    subject AS subject,  -- The country, the proposal or the consultation
    found.ballots AS ballots,  -- Current ballots that it is about, of every trust level
    cure AS cure  -- What to do about it
FROM found
WHERE $not_probe
