-- Accepted proposals with their counts, scores and ranks. Counts and scores are of the trusted
-- series (trust other than troll); the columns ..._all count every ballot.
WITH counts AS (
    SELECT
        consultation_id, proposal_id,
        $counts_by_series,
        uniqExactIf(cells.country, cells.country != 'ZZ') AS countries,
        -- Sorted codes, agree, votes.
        sumMapIf(
            [cells.country], [cells.agree], [cells.agree + cells.disagree + cells.neutral],
            cells.trust != 'troll' AND cells.country != 'ZZ'
        ) AS by_country
    FROM tutti.cells AS cells
    GROUP BY consultation_id, proposal_id
),
consultations AS (
    SELECT
        consultation_id, rank_min_votes,
        arrayFilter((c, w) -> w > 0 AND c != 'ZZ', countries, weights) AS listed,
        arrayFilter((w, c) -> w > 0 AND c != 'ZZ', weights, countries) AS listed_weights
    FROM tutti.consultations FINAL
),
counted AS (
    SELECT
        proposals.consultation_id AS consultation_id, proposals.proposal_id AS proposal_id,
        proposals.text AS text, proposals.language AS language, proposals.country AS country,
        counts.* EXCEPT (consultation_id, proposal_id),
        consultations.* EXCEPT (consultation_id, rank_min_votes),
        ranks.kept_low AS kept_low,
        groups.spread AS group_spread,
        -- A consultation that is not announced yet ranks by the default.
        counts.votes >= if(consultations.rank_min_votes = 0, 30, consultations.rank_min_votes) AS ranked
    FROM (SELECT * FROM tutti.proposals FINAL WHERE status = 'accepted') AS proposals
    LEFT JOIN counts USING (consultation_id, proposal_id)
    LEFT JOIN (
        SELECT consultation_id, proposal_id, toNullable(ranks.agree_low) AS kept_low
        FROM tutti.stable_ranks AS ranks
    ) AS ranks USING (consultation_id, proposal_id)
    LEFT JOIN (
        SELECT consultation_id, proposal_id, group_spread AS spread
        FROM marts.group_consensus WHERE groups_significant
    ) AS groups USING (consultation_id, proposal_id)
    LEFT JOIN consultations ON consultations.consultation_id = proposals.consultation_id
),
agreed AS (
    SELECT
        *,
        $agreement_rate AS agree_rate,
        $agreement_low AS agree_low,
        $agreement_high AS agree_high,
        ifNull(kept_low, agree_low) AS shown_low,
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
),
-- Countries as arrays in the order of their codes: those with ballots and those that are listed.
across AS (
    SELECT
        *,
        $country_codes AS country_codes,
        $country_agree AS country_agree,
        $country_votes AS country_votes,
        $country_raw_weights AS country_raw_weights,
        $country_weights AS country_weights,
        $informing AS informing,
        $prior AS prior,
        $country_rates AS country_rates,
        $consensus AS consensus,
        $consensus_sd AS consensus_sd,
        $consensus_low AS consensus_low,
        $consensus_high AS consensus_high,
        $coverage AS coverage,
        votes - $votes_inside AS votes_outside,
        $covered_rates AS covered_rates,
        $weakest AS weakest,
        country_agree[weakest] AS weakest_agree,
        country_votes[weakest] AS weakest_votes,
        $country_mean AS country_mean,
        $country_spread AS country_spread
    FROM scored
)
SELECT
    consultation_id AS consultation_id,  -- Consultation
    proposal_id AS proposal_id,  -- Proposal
    if(ranked, row_number() OVER (
        PARTITION BY consultation_id, ranked ORDER BY agree_low DESC, votes DESC, proposal_id
    ), NULL) AS rank,  -- By agree_low, then votes, then proposal_id; NULL: fewer than rank_min_votes votes; $by_agreement
    if(ranked, row_number() OVER (
        PARTITION BY consultation_id, ranked ORDER BY shown_low DESC, proposal_id
    ), NULL) AS stable_rank,  -- As rank, without flicker: by an agree_low that is kept until it has moved by 0.002 at a tick, then proposal_id; $by_held
    text AS text,  -- Text as published
    language AS language,  -- BCP 47; empty: not declared
    country AS country,  -- Where it was submitted; empty: not declared
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
    consensus AS consensus,  -- Geometric mean of the countries' agreement by their weights, 0 to 1; NULL without votes in them; $by_consensus
    consensus_low AS consensus_low,  -- Lower bound of the 95 % interval of consensus; 0 without votes; $by_consensus
    consensus_high AS consensus_high,  -- Upper bound of the 95 % interval of consensus; 1 without votes; $by_consensus
    if(ranked AND consensus IS NOT NULL, row_number() OVER (
        PARTITION BY consultation_id, ranked AND consensus IS NOT NULL
        ORDER BY consensus_low DESC, votes DESC, proposal_id
    ), NULL) AS rank_consensus,  -- By consensus_low, then votes, then proposal_id; NULL: fewer than rank_min_votes votes or no consensus; $by_consensus
    coverage AS coverage,  -- Weight of the countries with at least 30 votes, 0 to 1; $by_consensus
    votes_outside AS votes_outside,  -- Ballots from ZZ or a country that does not count, trusted; $by_consensus
    if(weakest = 0, NULL, country_codes[weakest]) AS weakest_country,  -- Least agreement of the countries with at least 30 votes; NULL: none has; $by_consensus
    if(weakest = 0, NULL, $weakest_rate) AS weakest_country_rate,  -- Its agree / votes; $by_agreement
    if(weakest = 0, NULL, $weakest_low) AS weakest_country_low,  -- Lower bound of Wilson's 95 % interval of weakest_country_rate; $by_agreement
    if(weakest = 0, NULL, $weakest_high) AS weakest_country_high,  -- Upper bound of Wilson's 95 % interval of weakest_country_rate; $by_agreement
    if(weakest = 0, NULL, weakest_votes) AS weakest_country_votes,  -- Its ballots, trusted
    divisiveness AS divisiveness,  -- 4 agree disagree / votes^2, 0 to 1; NULL without votes; $by_divisiveness
    country_spread AS country_spread,  -- Weighted standard deviation of the countries' agreement, 0 to 0.5; $by_country_spread
    group_spread AS group_spread,  -- Greatest less least agreement over the opinion groups of their newest run, 0 to 1; NULL: no disagreement beyond chance, a group with fewer than 5 ballots, or a proposal about the consultation itself; $by_group_spread
    countries AS countries,  -- Known countries with at least one ballot
    $qualification_columns
    $raw_columns
    $leaderboard_methods AS method,  -- Columns with the name and version of their method
    (SELECT maxOrNull(as_of) FROM tutti.active_cut) AS as_of  -- Broker time of the newest vote counted
FROM across
