-- Accepted proposals with their published counts, agreement and rank. Every number is a sum over
-- cohorts of at least five people; ballots that wait for others are not in it yet.
WITH counts AS (
    SELECT
        consultation_id, proposal_id,
        sumIf(releases.agree + releases.disagree + releases.neutral, releases.cell != 'troll') AS votes,
        sumIf(releases.agree, releases.cell != 'troll') AS agree,
        sumIf(releases.disagree, releases.cell != 'troll') AS disagree,
        sumIf(releases.neutral, releases.cell != 'troll') AS neutral,
        sum(releases.agree + releases.disagree + releases.neutral) AS votes_all,
        sum(releases.agree) AS agree_all,
        sum(releases.disagree) AS disagree_all,
        sum(releases.neutral) AS neutral_all,
        -- Sorted codes, agree, votes.
        sumMapIf(
            [toString(releases.cell)], [releases.agree],
            [releases.agree + releases.disagree + releases.neutral],
            releases.cell NOT IN ('troll', '', 'XX', 'ZZ')
        ) AS published_by_country,
        minIf(releases.tick, releases.cell != 'troll') AS published_at,
        max(releases.tick) AS as_of
    FROM tutti.releases AS releases
    GROUP BY consultation_id, proposal_id
),
consultations AS (
    SELECT
        consultation_id, rank_min_votes,
        arrayFilter((c, w) -> w > 0 AND c != 'ZZ', countries, weights) AS listed,
        arrayFilter((w, c) -> w > 0 AND c != 'ZZ', weights, countries) AS listed_weights
    FROM tutti.consultations FINAL
),
scored AS (
    SELECT
        proposals.consultation_id AS consultation_id, proposals.proposal_id AS proposal_id,
        proposals.text AS text, proposals.language AS language,
        counts.* EXCEPT (consultation_id, proposal_id, published_by_country),
        consultations.* EXCEPT (consultation_id, rank_min_votes),
        (
            counts.published_by_country.1,
            arrayMap(n -> toUInt64(n), counts.published_by_country.2),
            arrayMap(n -> toUInt64(n), counts.published_by_country.3)
        ) AS by_country,
        $divisiveness AS divisiveness,
        $agreement_rate AS agree_rate,
        $agreement_low AS agree_low,
        $agreement_high AS agree_high,
        counts.votes >= if(consultations.rank_min_votes = 0, 30, consultations.rank_min_votes) AS ranked
    FROM (SELECT * FROM tutti.proposals FINAL WHERE status = 'accepted' AND $not_probe) AS proposals
    LEFT JOIN counts USING (consultation_id, proposal_id)
    LEFT JOIN consultations ON consultations.consultation_id = proposals.consultation_id
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
        $covered_rates AS covered_rates,
        $weakest AS weakest,
        country_agree[weakest] AS weakest_agree,
        country_votes[weakest] AS weakest_votes
    FROM scored
)
SELECT
    consultation_id AS consultation_id,  -- Consultation
    proposal_id AS proposal_id,  -- Proposal
    if(ranked, row_number() OVER (
        PARTITION BY consultation_id, ranked ORDER BY agree_low DESC, votes DESC, proposal_id
    ), NULL) AS rank,  -- By agree_low, then votes, then proposal_id; NULL: fewer than rank_min_votes votes
    text AS text,  -- Text as published
    language AS language,  -- BCP 47; empty: not declared
    votes AS votes,  -- agree + disagree + neutral, published ballots
    agree AS agree,  -- Published ballots that agree
    disagree AS disagree,  -- Published ballots that disagree
    neutral AS neutral,  -- Published ballots that are neutral
    agree_rate AS agree_rate,  -- agree / votes; NULL without votes
    agree_low AS agree_low,  -- Lower bound of Wilson's 95 % interval of agree_rate
    agree_high AS agree_high,  -- Upper bound of Wilson's 95 % interval of agree_rate
    votes_all AS votes_all,  -- Published ballots of every trust level: votes, or at least 5 more
    agree_all AS agree_all,  -- agree over every trust level
    disagree_all AS disagree_all,  -- disagree over every trust level
    neutral_all AS neutral_all,  -- neutral over every trust level
    divisiveness AS divisiveness,  -- 4 agree disagree / votes^2, 0 to 1; NULL without votes; $by_divisiveness
    consensus AS consensus,  -- Geometric mean of the countries' agreement by their weights, 0 to 1, over ballots published under a country's code; NULL without any; $by_consensus
    consensus_low AS consensus_low,  -- Lower bound of the 95 % interval of consensus; 0 without votes; $by_consensus
    consensus_high AS consensus_high,  -- Upper bound of the 95 % interval of consensus; 1 without votes; $by_consensus
    coverage AS coverage,  -- Weight of the countries with at least 30 published ballots, 0 to 1; $by_consensus
    if(weakest = 0, NULL, country_codes[weakest]) AS weakest_country,  -- Least agreement of the countries with at least 30 published ballots; NULL: none has; $by_consensus
    if(weakest = 0, NULL, $weakest_rate) AS weakest_country_rate,  -- Its agree / votes; $by_agreement
    if(weakest = 0, NULL, weakest_votes) AS weakest_country_votes,  -- Its published ballots, trusted
    nullIf(published_at, toDateTime64(0, 3, 'UTC')) AS published_at,  -- Tick of the publication that had its first ballots, trusted series; NULL: none
    $agreement_method AS method,  -- Name and version of the method of agree_rate and its bounds
    nullIf(as_of, toDateTime64(0, 3, 'UTC')) AS as_of  -- Tick of the proposal's newest publication; NULL: none
FROM across
