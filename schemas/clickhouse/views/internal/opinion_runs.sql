-- The newest run of opinion groups of each consultation.
SELECT
    consultation_id AS consultation_id,  -- Consultation
    status AS status,  -- grouped, too_few or too_large
    as_of AS as_of,  -- Broker time of the newest vote considered
    computed_at AS computed_at,  -- When the run ended
    seconds AS seconds,  -- How long the run took
    ballots AS ballots,  -- Current ballots of the trusted series
    participants AS participants,  -- People with at least one ballot
    grouped AS grouped,  -- People in groups
    proposals AS proposals,  -- Proposals with at least one ballot
    k AS k,  -- How many groups
    silhouette AS silhouette,  -- Mean silhouette of the base clusters
    noise_silhouette AS noise_silhouette,  -- Greatest silhouette of the shuffled runs; NULL: not tested yet
    toUInt8(k > 0 AND $groups_significant) AS groups_significant,  -- 1: the groups are more than noise
    method AS method,  -- Name and version of the method
    group_ids AS group_ids,  -- The groups, from the largest
    sizes AS sizes,  -- People in each
    cell_proposals AS cell_proposals,  -- A cell for each proposal and group: its proposal
    cell_groups AS cell_groups,  -- Group of each cell
    cell_agree AS cell_agree,  -- Ballots of the group that agree
    cell_disagree AS cell_disagree,  -- Ballots of the group that disagree
    cell_neutral AS cell_neutral  -- Ballots of the group that are neutral
FROM tutti.group_runs FINAL
