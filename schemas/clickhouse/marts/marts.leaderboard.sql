-- Accepted proposals with their counts, agreement and rank. Counts are of the trusted series
-- (trust other than troll); the columns ..._all count every ballot.
WITH counts AS (
    SELECT
        consultation_id, proposal_id,
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
        sum(cells.do_not_care) AS do_not_care_all,
        uniqExactIf(cells.country, cells.country != 'ZZ') AS countries
    FROM tutti.cells AS cells
    GROUP BY consultation_id, proposal_id
),
scored AS (
    SELECT
        proposals.consultation_id AS consultation_id, proposals.proposal_id AS proposal_id,
        proposals.text AS text, proposals.language AS language, proposals.country AS country,
        counts.* EXCEPT (consultation_id, proposal_id),
        $agreement_rate AS agree_rate,
        $agreement_low AS agree_low,
        $agreement_high AS agree_high,
        ifNull(held.held_low, $agreement_low) AS shown_low,
        -- A consultation that is not announced yet ranks by the default.
        counts.votes >= if(consultations.rank_min_votes = 0, 30, consultations.rank_min_votes) AS ranked
    FROM (SELECT * FROM tutti.proposals FINAL WHERE status = 'accepted') AS proposals
    LEFT JOIN counts USING (consultation_id, proposal_id)
    LEFT JOIN (
        SELECT consultation_id, proposal_id, toNullable(held.agree_low) AS held_low
        FROM tutti.held AS held
    ) AS held USING (consultation_id, proposal_id)
    LEFT JOIN (SELECT consultation_id, rank_min_votes FROM tutti.consultations FINAL) AS consultations
        ON consultations.consultation_id = proposals.consultation_id
)
SELECT
    consultation_id AS consultation_id,  -- Consultation
    proposal_id AS proposal_id,  -- Proposal
    if(ranked, row_number() OVER (
        PARTITION BY consultation_id, ranked ORDER BY agree_low DESC, votes DESC, proposal_id
    ), NULL) AS rank,  -- By agree_low, then votes, then proposal_id; NULL: fewer than rank_min_votes votes
    if(ranked, row_number() OVER (
        PARTITION BY consultation_id, ranked ORDER BY shown_low DESC, proposal_id
    ), NULL) AS rank_shown,  -- As rank, without flicker: by an agree_low that is held until it has moved by 0.002 at a minute mark, then proposal_id
    text AS text,  -- Text as published
    language AS language,  -- BCP 47; empty: not declared
    country AS country,  -- Where it was submitted; empty: not declared
    votes AS votes,  -- agree + disagree + neutral, ballots
    agree AS agree,  -- Ballots that agree
    disagree AS disagree,  -- Ballots that disagree
    neutral AS neutral,  -- Ballots that are neutral
    agree_rate AS agree_rate,  -- agree / votes; NULL without votes
    agree_low AS agree_low,  -- Lower bound of Wilson's 95 % interval of agree_rate
    agree_high AS agree_high,  -- Upper bound of Wilson's 95 % interval of agree_rate
    countries AS countries,  -- Known countries with at least one ballot
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
    $agreement_method AS method,  -- Name and version of the method of agree_rate and its bounds
    (SELECT maxOrNull(as_of) FROM tutti.shown_cut) AS as_of  -- Broker time of the newest vote counted
FROM scored
