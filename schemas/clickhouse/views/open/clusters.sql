-- Clusters with the agreement of their proposals over published ballots. Clusters are made from the
-- texts of accepted proposals alone. Agreement is the mean of the proposals' rates, never pooled.
WITH ballots AS (
    SELECT
        members.consultation_id AS consultation_id, members.cluster_id AS cluster_id,
        members.proposal_id AS proposal_id,
        counts.votes AS votes, counts.agree AS agree, counts.disagree AS disagree
    FROM open.cluster_members AS members
    LEFT JOIN (
        SELECT
            consultation_id, proposal_id,
            sum(releases.agree + releases.disagree + releases.neutral) AS votes,
            sum(releases.agree) AS agree,
            sum(releases.disagree) AS disagree
        FROM tutti.releases AS releases
        WHERE releases.cell != 'troll'
        GROUP BY consultation_id, proposal_id
    ) AS counts USING (consultation_id, proposal_id)
),
clusters AS (
    SELECT
        consultation_id, cluster_id, terms, theme_id, theme_terms,
        -- The job that makes labels learns of moderation later than readers do.
        if((consultation_id, medoid) IN (
            SELECT consultation_id, proposal_id FROM open.cluster_members
        ), label, '') AS label
    FROM tutti.clusters FINAL
    WHERE size > 0 AND (consultation_id, epoch) IN (SELECT consultation_id, epoch FROM tutti.active_cluster_epoch)
)
SELECT
    consultation_id AS consultation_id,  -- Consultation
    cluster_id AS cluster_id,  -- Cluster
    any(clusters.theme_id) AS theme_id,  -- Its theme; empty: there are no themes yet
    any(clusters.theme_terms) AS theme_terms,  -- Words that set the theme apart from the other themes, best first
    any(clusters.label) AS label,  -- Text of its most typical proposal, shortened; empty: that one is not public any more
    any(clusters.terms) AS terms,  -- Words that set it apart from the other clusters, best first
    count() AS size,  -- Accepted proposals in it
    sum(ballots.votes) AS votes,  -- Published ballots on them, trusted series
    $cluster_proposals AS proposals_counted,  -- Proposals with at least $cluster_least published ballots: those that agreement is about
    $cluster_mean AS agreement,  -- Unweighted mean of their agree rates; NULL: fewer than 3
    $cluster_low AS agreement_low,  -- Lower bound of its 95 % t-interval
    $cluster_high AS agreement_high,  -- Upper bound of its 95 % t-interval
    sqrt($cluster_between) AS spread,  -- Standard deviation of agree rates between proposals, chance taken away; NULL: fewer than 3
    argMaxIf(ballots.proposal_id, (ballots.agree / ballots.votes, ballots.votes, ballots.proposal_id), ballots.votes >= $cluster_least) AS most_agreed,  -- Proposal with the greatest agree rate of those; empty: none
    argMaxIf(ballots.proposal_id, (ballots.disagree / ballots.votes, ballots.votes, ballots.proposal_id), ballots.votes >= $cluster_least) AS most_opposed,  -- Proposal with the greatest disagree rate of those; empty: none
    $cluster_method AS method  -- Name and version of the method of agreement, its bounds and the spread
FROM ballots
LEFT JOIN clusters USING (consultation_id, cluster_id)
GROUP BY consultation_id, cluster_id
