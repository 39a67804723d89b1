-- Published agreement per accepted proposal and country, trusted series. XX: people whose countries
-- had fewer than five to publish together. A ballot stays in the country it was published in.
WITH counts AS (
    SELECT
        consultation_id, proposal_id, cell AS country,
        sum(releases.agree + releases.disagree + releases.neutral) AS votes,
        sum(releases.agree) AS agree,
        sum(releases.disagree) AS disagree,
        sum(releases.neutral) AS neutral,
        max(releases.tick) AS as_of
    FROM tutti.releases AS releases
    WHERE cell NOT IN ('troll', '')
    GROUP BY consultation_id, proposal_id, country
)
SELECT
    consultation_id AS consultation_id,  -- Consultation
    proposal_id AS proposal_id,  -- Proposal
    country AS country,  -- ISO 3166-1; ZZ unknown; XX several countries together
    votes AS votes,  -- agree + disagree + neutral, published ballots: none, or at least 5
    agree AS agree,  -- Published ballots that agree
    disagree AS disagree,  -- Published ballots that disagree
    neutral AS neutral,  -- Published ballots that are neutral
    $agreement_rate AS agree_rate,  -- agree / votes; NULL without votes
    $agreement_low AS agree_low,  -- Lower bound of Wilson's 95 % interval of agree_rate
    $agreement_high AS agree_high,  -- Upper bound of Wilson's 95 % interval of agree_rate
    $agreement_method AS method,  -- Name and version of the method
    as_of AS as_of  -- Tick of the newest publication of this row
FROM counts
WHERE (consultation_id, proposal_id) IN (
    SELECT consultation_id, proposal_id FROM tutti.proposals FINAL WHERE status = 'accepted' AND $not_probe
)
