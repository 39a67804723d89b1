-- What each opinion group voted on each proposal with ballots, whatever the proposal's status.
-- Groups of people, not persons; but a group may be small: publish with care.
SELECT
    votes.consultation_id AS consultation_id,  -- Consultation
    votes.proposal_id AS proposal_id,  -- Proposal
    votes.group AS group,  -- Opinion group
    votes.seen AS votes,  -- agree + disagree + neutral, ballots of the group (S)
    votes.agree AS agree,  -- Ballots of the group that agree (A)
    votes.disagree AS disagree,  -- Ballots of the group that disagree (D)
    votes.neutral AS neutral,  -- Ballots of the group that are neutral
    if(votes.seen = 0, NULL, votes.agree / votes.seen) AS agree_rate,  -- agree / votes; NULL without votes
    if(votes.seen = 0, NULL, votes.disagree / votes.seen) AS disagree_rate,  -- disagree / votes; NULL without votes
    $group_pa AS pa,  -- (agree + 1) / (votes + 2)
    $group_pd AS pd,  -- (disagree + 1) / (votes + 2)
    votes.groups_significant AS groups_significant,  -- 1: people differ more than by chance; 0: what groups say may be chance
    $group_consensus_method AS method,  -- Name and version of the method of pa and pd
    votes.as_of AS as_of  -- Broker time of the newest vote considered
FROM tutti.group_votes AS votes
