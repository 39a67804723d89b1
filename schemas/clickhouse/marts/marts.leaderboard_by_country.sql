-- Accepted proposals per country with their counts, scores and the rank within the country, one
-- row per country with ballots. Counts and scores are of the trusted series (trust other than
-- troll); the columns ..._all count every ballot.
WITH counts AS (
    SELECT
        consultation_id, proposal_id, country,
        sumIf(cells.agree + cells.disagree + cells.neutral, cells.trust != 'troll') AS votes,
        sumIf(cells.agree, cells.trust != 'troll') AS agree,
        sumIf(cells.disagree, cells.trust != 'troll') AS disagree,
        sumIf(cells.neutral, cells.trust != 'troll') AS neutral,
        sumIf(cells.like_it, cells.trust != 'troll') AS like_it,
        sumIf(cells.doable, cells.trust != 'troll') AS doable,
        sumIf(cells.platitude_agree, cells.trust != 'troll') AS platitude_agree,
        sumIf(cells.no_way, cells.trust != 'troll') AS no_way,
        sumIf(cells.impossible, cells.trust != 'troll') AS impossible,
        sumIf(cells.platitude_disagree, cells.trust != 'troll') AS platitude_disagree,
        sumIf(cells.do_not_understand, cells.trust != 'troll') AS do_not_understand,
        sumIf(cells.no_opinion, cells.trust != 'troll') AS no_opinion,
        sumIf(cells.do_not_care, cells.trust != 'troll') AS do_not_care,
        sumIf(cells.agree + cells.disagree + cells.neutral, cells.trust IN ('sequence', 'segment'))
            AS sequence_votes,
        sumIf(cells.agree, cells.trust IN ('sequence', 'segment')) AS sequence_agree,
        sumIf(cells.disagree, cells.trust IN ('sequence', 'segment')) AS sequence_disagree,
        sumIf(cells.neutral, cells.trust IN ('sequence', 'segment')) AS sequence_neutral,
        sumIf(cells.like_it, cells.trust IN ('sequence', 'segment')) AS sequence_like_it,
        sumIf(cells.doable, cells.trust IN ('sequence', 'segment')) AS sequence_doable,
        sumIf(cells.platitude_agree, cells.trust IN ('sequence', 'segment')) AS sequence_platitude_agree,
        sumIf(cells.no_way, cells.trust IN ('sequence', 'segment')) AS sequence_no_way,
        sumIf(cells.impossible, cells.trust IN ('sequence', 'segment')) AS sequence_impossible,
        sumIf(cells.platitude_disagree, cells.trust IN ('sequence', 'segment')) AS sequence_platitude_disagree,
        sum(cells.agree + cells.disagree + cells.neutral) AS votes_all,
        sum(cells.agree) AS agree_all,
        sum(cells.disagree) AS disagree_all,
        sum(cells.neutral) AS neutral_all,
        sum(cells.like_it) AS like_it_all,
        sum(cells.doable) AS doable_all,
        sum(cells.platitude_agree) AS platitude_agree_all,
        sum(cells.no_way) AS no_way_all,
        sum(cells.impossible) AS impossible_all,
        sum(cells.platitude_disagree) AS platitude_disagree_all,
        sum(cells.do_not_understand) AS do_not_understand_all,
        sum(cells.no_opinion) AS no_opinion_all,
        sum(cells.do_not_care) AS do_not_care_all
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
    like_it AS like_it,  -- Ballots with the qualification like_it
    doable AS doable,  -- Ballots with the qualification doable
    platitude_agree AS platitude_agree,  -- Ballots with the qualification platitude_agree
    no_way AS no_way,  -- Ballots with the qualification no_way
    impossible AS impossible,  -- Ballots with the qualification impossible
    platitude_disagree AS platitude_disagree,  -- Ballots with the qualification platitude_disagree
    do_not_understand AS do_not_understand,  -- Ballots with the qualification do_not_understand
    no_opinion AS no_opinion,  -- Ballots with the qualification no_opinion
    do_not_care AS do_not_care,  -- Ballots with the qualification do_not_care
    votes_all AS votes_all,  -- Ballots of every trust level
    agree_all AS agree_all,  -- agree over every trust level
    disagree_all AS disagree_all,  -- disagree over every trust level
    neutral_all AS neutral_all,  -- neutral over every trust level
    like_it_all AS like_it_all,  -- like_it over every trust level
    doable_all AS doable_all,  -- doable over every trust level
    platitude_agree_all AS platitude_agree_all,  -- platitude_agree over every trust level
    no_way_all AS no_way_all,  -- no_way over every trust level
    impossible_all AS impossible_all,  -- impossible over every trust level
    platitude_disagree_all AS platitude_disagree_all,  -- platitude_disagree over every trust level
    do_not_understand_all AS do_not_understand_all,  -- do_not_understand over every trust level
    no_opinion_all AS no_opinion_all,  -- no_opinion over every trust level
    do_not_care_all AS do_not_care_all,  -- do_not_care over every trust level
    $by_country_methods AS method,  -- Columns with the name and version of their method
    (SELECT maxOrNull(as_of) FROM tutti.shown_cut) AS as_of  -- Broker time of the newest vote counted
FROM scored
