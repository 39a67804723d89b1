-- What all opinion groups agree on, per proposal with ballots. NULL unless there are two groups
-- and each has 5 ballots on the proposal. Bounds are of 95 %. Proposals that moderation has refused,
-- and those about the consultation itself, are left out.
SELECT
    votes.consultation_id AS consultation_id,  -- Consultation
    votes.proposal_id AS proposal_id,  -- Proposal
    count() AS groups,  -- How many groups
    min(votes.seen) AS least_votes,  -- Ballots of the group that has fewest on the proposal
    $gic_value AS gic,  -- Group-informed consensus: product of pa over the groups
    $gic_low AS gic_low,  -- Its lower bound
    $gic_high AS gic_high,  -- Its upper bound, at most 1
    $gic_geomean_value AS gic_geomean,  -- gic ^ (1 / groups): comparable between numbers of groups
    $gic_geomean_low AS gic_geomean_low,  -- Its lower bound
    $gic_geomean_high AS gic_geomean_high,  -- Its upper bound, at most 1
    $bridging_value AS bridging,  -- (product of pa (1 - pd)) ^ (1 / groups): agreed with and hardly opposed in every group
    $bridging_low AS bridging_low,  -- Its lower bound
    $bridging_high AS bridging_high,  -- Its upper bound, at most 1
    $group_spread AS group_spread,  -- Greatest less least pa over the groups
    max(votes.groups_significant) AS groups_significant,  -- 1: people differ more than by chance; 0: what groups say may be chance
    $group_consensus_method AS method,  -- Name and version of the method
    max(votes.as_of) AS as_of  -- Broker time of the newest vote considered
FROM tutti.group_votes AS votes
WHERE (votes.consultation_id, votes.proposal_id) NOT IN (
    SELECT consultation_id, proposal_id FROM tutti.proposals FINAL WHERE status = 'refused' OR meta
)
GROUP BY consultation_id, proposal_id
