-- Results of closed consultations, kept once and never changed: the leaderboard, overall and by
-- country, when every vote that counts had been counted.
WITH first_kept AS (
    SELECT
        consultation_id, result,
        -- protects: of a result's name the first one counts
        argMin(results.copy, (results.kept_at, results.copy)) AS first_copy,
        argMin(results.closed_at, (results.kept_at, results.copy)) AS first_closed,
        min(results.kept_at) AS first_at
    FROM tutti.results AS results
    GROUP BY consultation_id, result
)
SELECT
    rows.consultation_id AS consultation_id,  -- Consultation
    kept.result AS result,  -- Name of the result
    kept.first_closed AS closed_at,  -- Closing
    kept.first_at AS kept_at,  -- When it was kept
    rows.proposal_id AS proposal_id,  -- Proposal
    rows.country AS country,  -- Country of the ballots; empty: all
    rows.rank AS rank,  -- By agree_low, within the country where there is one; NULL: too few votes
    rows.rank_consensus AS rank_consensus,  -- By consensus_low; NULL: none, and in a country
    rows.text AS text,  -- Text as published then
    rows.votes AS votes,  -- agree + disagree + neutral, ballots
    rows.agree AS agree,  -- Ballots that agree
    rows.disagree AS disagree,  -- Ballots that disagree
    rows.neutral AS neutral,  -- Ballots that are neutral
    rows.agree_rate AS agree_rate,  -- agree / votes; NULL without votes
    rows.agree_low AS agree_low,  -- Lower bound of Wilson's 95 % interval of agree_rate
    rows.agree_high AS agree_high,  -- Upper bound of Wilson's 95 % interval of agree_rate
    rows.consensus AS consensus,  -- Geometric mean of the countries' agreement by their weights; NULL in a country
    rows.consensus_low AS consensus_low,  -- Lower bound of the 95 % interval of consensus; NULL in a country
    rows.consensus_high AS consensus_high,  -- Upper bound of the 95 % interval of consensus; NULL in a country
    rows.zone_confident AS zone_confident,  -- Zone of the counts, or undecided
    rows.votes_all AS votes_all,  -- Ballots of every trust
    rows.agree_all AS agree_all,  -- Ballots that agree, of every trust
    rows.disagree_all AS disagree_all,  -- Ballots that disagree, of every trust
    rows.neutral_all AS neutral_all,  -- Ballots that are neutral, of every trust
    rows.method AS method,  -- Columns with the name and version of their method
    rows.as_of AS as_of  -- Broker time of the newest vote counted then
FROM tutti.result_rows AS rows
INNER JOIN first_kept AS kept ON kept.first_copy = rows.copy AND kept.consultation_id = rows.consultation_id
