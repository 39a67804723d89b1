-- The proposals that speak for each opinion group, best first, at most five: those on which it
-- votes unlike all other groups together, by Polis's statistics. Proposals that moderation has
-- refused, and those about the consultation itself, are left out.
WITH
contrasted AS (
    SELECT
        votes.consultation_id AS consultation_id, votes.proposal_id AS proposal_id,
        votes.group AS group, votes.seen AS seen, votes.agree AS agree, votes.disagree AS disagree,
        votes.groups_significant AS groups_significant, votes.as_of AS as_of,
        sum(votes.agree) OVER proposal - votes.agree AS others_agree,
        sum(votes.disagree) OVER proposal - votes.disagree AS others_disagree,
        sum(votes.seen) OVER proposal - votes.seen AS others_seen
    FROM tutti.group_votes AS votes
    WINDOW proposal AS (PARTITION BY votes.consultation_id, votes.proposal_id)
),
tested AS (
    SELECT
        contrasted.*,
        $agree_p_test AS agree_p_test, $agree_repness_test AS agree_repness_test,
        $disagree_p_test AS disagree_p_test, $disagree_repness_test AS disagree_repness_test,
        agree_repness_test > disagree_repness_test AS agrees
    FROM contrasted
),
sided AS (
    SELECT
        tested.*,
        if(agrees, 'agree', 'disagree') AS side,
        if(agrees, $agree_p, $disagree_p) AS p,
        if(agrees, agree_p_test, disagree_p_test) AS p_test,
        if(agrees, $agree_repness, $disagree_repness) AS repness,
        if(agrees, agree_repness_test, disagree_repness_test) AS repness_test,
        (agree_p_test > $z90 AND agree_repness_test > $z90)
            OR (disagree_p_test > $z90 AND disagree_repness_test > $z90) AS significant,
        repness * repness_test * p * p_test AS score
    FROM tested
    WHERE seen > 0
        AND (consultation_id, proposal_id) NOT IN (
            SELECT consultation_id, proposal_id FROM tutti.proposals FINAL
            WHERE status = 'refused' OR meta
        )
),
ranked AS (
    SELECT
        sided.*,
        row_number() OVER (
            PARTITION BY consultation_id, group
            ORDER BY significant DESC, if(significant, score, repness_test) DESC, proposal_id
        ) AS place
    FROM sided
)
SELECT
    consultation_id AS consultation_id,  -- Consultation
    group AS group,  -- Opinion group
    place AS rank,  -- By score; a group without a significant proposal shows the one with the greatest repness_test
    proposal_id AS proposal_id,  -- Proposal
    side AS side,  -- agree or disagree: how the group differs
    if(agrees, agree, disagree) AS count,  -- Ballots of the group on that side
    seen AS votes,  -- Ballots of the group on the proposal
    p AS p,  -- (count + 1) / (votes + 2)
    p_test AS p_test,  -- z statistic of the count against a half
    repness AS repness,  -- p of the group / p of all other groups together
    repness_test AS repness_test,  -- z statistic of the group against all other groups together
    significant AS significant,  -- 1: both statistics exceed 1.2816 (90 %, one-sided)
    score AS score,  -- repness x repness_test x p x p_test
    groups_significant AS groups_significant,  -- 1: people differ more than by chance; 0: what groups say may be chance
    $representatives_method AS method,  -- Name and version of the method
    as_of AS as_of  -- Broker time of the newest vote considered
FROM ranked
WHERE place <= if(significant, $max_representatives, 1)
