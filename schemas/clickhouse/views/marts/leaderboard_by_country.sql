-- Accepted proposals per country with their counts, scores and the rank within the country, one
-- row per country with ballots. Counts and scores are of the trusted series (trust other than
-- troll); the columns ..._all count every ballot.
WITH counts AS (
    SELECT
        consultation_id, proposal_id, country,
        $counts_by_series
    FROM tutti.cells AS cells
    GROUP BY consultation_id, proposal_id, country
),
consultations AS (
    SELECT consultation_id, rank_min_votes FROM tutti.consultations FINAL
),
counted AS (
    SELECT
        counts.consultation_id AS consultation_id, counts.proposal_id AS proposal_id,
        counts.country AS country, proposals.text AS text,
        counts.* EXCEPT (consultation_id, proposal_id, country),
        -- A consultation that is not announced yet ranks by the default.
        counts.votes >= if(consultations.rank_min_votes = 0, 30, consultations.rank_min_votes) AS ranked
    FROM counts
    INNER JOIN (SELECT * FROM tutti.proposals FINAL WHERE status = 'accepted') AS proposals
        USING (consultation_id, proposal_id)
    LEFT JOIN consultations ON consultations.consultation_id = counts.consultation_id
),
agreed AS (
    SELECT
        *,
        $agreement_rate AS agree_rate,
        $agreement_low AS agree_low,
        $agreement_high AS agree_high,
        $divisiveness AS divisiveness
    FROM counted AS counts
),
-- The scores of Make.org: first of each choice and qualification, then their sums.
scored AS (
    SELECT
        *, $makeorg_parts,
        $top_score AS top_score, $top_score_half AS top_score_half,
        $controversy AS controversy, $controversy_half AS controversy_half,
        $rejection AS rejection, $rejection_half AS rejection_half,
        $engagement AS engagement, $engagement_half AS engagement_half,
        $zone AS zone,
        $zone_confident AS zone_confident
    FROM agreed AS counts
)
SELECT
    consultation_id AS consultation_id,  -- Consultation
    proposal_id AS proposal_id,  -- Proposal
    country AS country,  -- Country of the ballots, ISO 3166-1; ZZ unknown
    if(ranked, row_number() OVER (
        PARTITION BY consultation_id, country, ranked
        ORDER BY agree_low DESC, votes DESC, proposal_id
    ), NULL) AS rank,  -- Within the country, by agree_low, then votes, then proposal_id; NULL: fewer than rank_min_votes votes there; $by_agreement
    text AS text,  -- Text as published
    votes AS votes,  -- agree + disagree + neutral, ballots
    agree AS agree,  -- Ballots that agree
    disagree AS disagree,  -- Ballots that disagree
    neutral AS neutral,  -- Ballots that are neutral
    agree_rate AS agree_rate,  -- agree / votes; NULL without votes; $by_agreement
    agree_low AS agree_low,  -- Lower bound of Wilson's 95 % interval of agree_rate; $by_agreement
    agree_high AS agree_high,  -- Upper bound of Wilson's 95 % interval of agree_rate; $by_agreement
    top_score AS top_score,  -- agree + like_it + doable - no_way - impossible - platitudes, as smoothed rates; $by_makeorg
    top_score - top_score_half AS top_score_low,  -- top_score less Make.org's half-width, no 95 % interval; $by_makeorg
    top_score + top_score_half AS top_score_high,  -- top_score plus Make.org's half-width, no 95 % interval; $by_makeorg
    controversy AS controversy,  -- least of agree and disagree + least of like_it and no_way, as smoothed rates; $by_makeorg
    controversy - controversy_half AS controversy_low,  -- controversy less Make.org's half-width, no 95 % interval; $by_makeorg
    controversy + controversy_half AS controversy_high,  -- controversy plus Make.org's half-width, no 95 % interval; $by_makeorg
    rejection AS rejection,  -- disagree + no_way + impossible - like_it - doable - platitudes, as smoothed rates; $by_makeorg
    rejection - rejection_half AS rejection_low,  -- rejection less Make.org's half-width, no 95 % interval; $by_makeorg
    rejection + rejection_half AS rejection_high,  -- rejection plus Make.org's half-width, no 95 % interval; $by_makeorg
    engagement AS engagement,  -- like_it - no_way + doable - impossible - platitudes, as smoothed rates; $by_makeorg
    engagement - engagement_half AS engagement_low,  -- engagement less Make.org's half-width, no 95 % interval; $by_makeorg
    engagement + engagement_half AS engagement_high,  -- engagement plus Make.org's half-width, no 95 % interval; $by_makeorg
    zone AS zone,  -- consensus, rejection, limbo or controversy; one vote is enough for one; $by_zone
    zone_confident AS zone_confident,  -- zone if it is the same at all corners of the half-widths, with rank_min_votes votes; otherwise undecided; $by_zone_confident
    divisiveness AS divisiveness,  -- 4 agree disagree / votes^2, 0 to 1; NULL without votes; $by_divisiveness
    $qualification_columns
    $raw_columns
    $by_country_methods AS method,  -- Columns with the name and version of their method
    (SELECT maxOrNull(as_of) FROM tutti.active_cut) AS as_of  -- Broker time of the newest vote counted
FROM scored
