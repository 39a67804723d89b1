-- Agreement per cluster. A cluster's proposals may want opposite things, so ballots are never pooled: agreement is the mean of the proposals' rates, spread says how far these lie apart.
SELECT
    ballots.consultation_id AS consultation_id,  -- Consultation
    ballots.cluster_id AS cluster_id,  -- Cluster
    any(clusters.theme_id) AS theme_id,  -- Its theme; empty: there are no themes yet
    any(clusters.theme_label) AS theme_label,  -- For people: the theme's words, or its id where no proposals share any
    any(clusters.label) AS label,  -- Text of its most typical proposal, shortened
    any(clusters.terms) AS terms,  -- Words that set it apart from the other clusters, best first
    any(clusters.kind) AS kind,  -- topic, or unreadable: texts that the encoder cannot read, which are not alike
    any(clusters.languages) AS languages,  -- Languages of its proposals, the most frequent first
    any(clusters.size) AS size,  -- Accepted proposals in it
    sum(ballots.votes) AS ballots,  -- Ballots on them, trusted series; one person may have several
    $cluster_proposals AS proposals_counted,  -- Proposals with at least $cluster_least ballots: those that agreement is about
    $cluster_mean AS agreement,  -- Unweighted mean of their agree rates; NULL: fewer than 3
    $cluster_low AS agreement_low,  -- Lower bound of its 95 % t-interval
    $cluster_high AS agreement_high,  -- Upper bound of its 95 % t-interval
    sqrt($cluster_between) AS spread,  -- Standard deviation of agree rates between proposals, chance taken away; NULL: fewer than 3
    argMaxIf(ballots.proposal_id, (ballots.agree / ballots.votes, ballots.votes, ballots.proposal_id), ballots.votes >= $cluster_least) AS most_agreed,  -- Proposal with the greatest agree rate of those; empty: none
    maxOrNullIf(ballots.agree / ballots.votes, ballots.votes >= $cluster_least) AS most_agreed_rate,  -- Its agree rate
    argMaxIf(ballots.proposal_id, (ballots.disagree / ballots.votes, ballots.votes, ballots.proposal_id), ballots.votes >= $cluster_least) AS most_opposed,  -- Proposal with the greatest disagree rate of those; empty: none
    maxOrNullIf(ballots.disagree / ballots.votes, ballots.votes >= $cluster_least) AS most_opposed_rate,  -- Its disagree rate
    $cluster_method AS method,  -- Name and version of the method of agreement, its bounds and the spread
    (SELECT maxOrNull(as_of) FROM tutti.active_cut) AS as_of  -- Broker time of the newest vote counted
FROM tutti.cluster_ballots AS ballots
LEFT JOIN marts.clusters AS clusters ON clusters.consultation_id = ballots.consultation_id AND clusters.cluster_id = ballots.cluster_id
WHERE ballots.country = ''
GROUP BY consultation_id, cluster_id
