-- What each opinion group of all countries together voted on each proposal, in the newest run.
SELECT
    consultation_id AS consultation_id,  -- Consultation
    proposal_id AS proposal_id,  -- Proposal
    group AS group,  -- Opinion group
    agree AS agree,  -- Ballots of the group that agree
    disagree AS disagree,  -- Ballots of the group that disagree
    neutral AS neutral,  -- Ballots of the group that are neutral
    toUInt64(agree) + disagree + neutral AS seen,  -- Ballots of the group: Polis's S
    groups_significant AS groups_significant,  -- 1: people differ more than by chance
    as_of AS as_of  -- Broker time of the newest vote considered
FROM tutti.opinion_runs
ARRAY JOIN
    cell_proposals AS proposal_id, cell_groups AS group,
    cell_agree AS agree, cell_disagree AS disagree, cell_neutral AS neutral
WHERE country = ''
