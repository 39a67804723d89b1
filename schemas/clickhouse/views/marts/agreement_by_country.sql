-- Agreement per proposal and country, whatever the proposal's status, also of proposals that are
-- not known yet. Counts are of the trusted series; ..._all count every ballot.
WITH counts AS (
    SELECT
        consultation_id, proposal_id, country,
        $votes_by_series
    FROM tutti.cells AS cells
    GROUP BY consultation_id, proposal_id, country
)
SELECT
    consultation_id AS consultation_id,  -- Consultation
    proposal_id AS proposal_id,  -- Proposal
    country AS country,  -- Country of the ballots, ISO 3166-1; ZZ unknown
    votes AS votes,  -- agree + disagree + neutral, ballots
    agree AS agree,  -- Ballots that agree
    disagree AS disagree,  -- Ballots that disagree
    neutral AS neutral,  -- Ballots that are neutral
    votes_all AS votes_all,  -- Ballots of every trust level
    agree_all AS agree_all,  -- agree over every trust level
    disagree_all AS disagree_all,  -- disagree over every trust level
    neutral_all AS neutral_all,  -- neutral over every trust level
    $agreement_rate AS agree_rate,  -- agree / votes; NULL without votes
    $agreement_low AS agree_low,  -- Lower bound of Wilson's 95 % interval of agree_rate
    $agreement_high AS agree_high,  -- Upper bound of Wilson's 95 % interval of agree_rate
    $agreement_method AS method,  -- Name and version of the method
    (SELECT maxOrNull(as_of) FROM tutti.active_cut) AS as_of  -- Broker time of the newest vote counted
FROM counts
