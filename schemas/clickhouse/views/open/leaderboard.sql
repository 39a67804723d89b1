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
        max(releases.tick) AS as_of
    FROM tutti.releases AS releases
    GROUP BY consultation_id, proposal_id
),
scored AS (
    SELECT
        proposals.consultation_id AS consultation_id, proposals.proposal_id AS proposal_id,
        proposals.text AS text, proposals.language AS language,
        counts.* EXCEPT (consultation_id, proposal_id),
        $agreement_rate AS agree_rate,
        $agreement_low AS agree_low,
        $agreement_high AS agree_high,
        counts.votes >= if(consultations.rank_min_votes = 0, 30, consultations.rank_min_votes) AS ranked
    FROM (SELECT * FROM tutti.proposals FINAL WHERE status = 'accepted' AND $not_probe) AS proposals
    LEFT JOIN counts USING (consultation_id, proposal_id)
    LEFT JOIN (SELECT consultation_id, rank_min_votes FROM tutti.consultations FINAL) AS consultations
        ON consultations.consultation_id = proposals.consultation_id
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
    $agreement_method AS method,  -- Name and version of the method of agree_rate and its bounds
    nullIf(as_of, toDateTime64(0, 3, 'UTC')) AS as_of  -- Tick of the proposal's newest publication; NULL: none
FROM scored
