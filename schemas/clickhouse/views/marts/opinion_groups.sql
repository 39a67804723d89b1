-- Opinion groups: people who vote alike, found in the current ballots of the trusted series. A row
-- for each group; one row with group NULL where there is none. Read groups_significant first: clustering
-- finds groups in noise, too.
SELECT
    consultation_id AS consultation_id,  -- Consultation
    if(k = 0, NULL, group_id) AS group,  -- Number of the group, kept from run to run by largest overlap
    if(k = 0, NULL, group_size) AS size,  -- People in it
    k AS k,  -- How many groups; 0: none
    groups_significant AS groups_significant,  -- 1: the silhouette is above that of 19 runs with shuffled votes; 0: no distinct groups
    multiIf(
        status = 'too_large', 'not grouped: the consultation is too large',
        k = 0, 'too little to group',
        noise_silhouette IS NULL, 'not tested yet',
        groups_significant, 'distinct groups',
        'no distinct groups'
    ) AS verdict,  -- The same in words
    silhouette AS silhouette,  -- Mean silhouette of the base clusters, -1 to 1; k is the one with the greatest
    noise_silhouette AS noise_silhouette,  -- Greatest silhouette of the 19 shuffled runs; NULL: not tested yet
    grouped AS grouped,  -- People with enough ballots to be in a group
    participants AS participants,  -- People with at least one ballot
    proposals AS proposals,  -- Proposals with at least one ballot
    ballots AS ballots,  -- Current ballots; of a consultation that is too large, as far as counted
    seconds AS seconds,  -- How long the run took, s
    computed_at AS computed_at,  -- When the run ended
    method AS method,  -- Name and version of the method
    as_of AS as_of  -- Broker time of the newest vote considered
FROM tutti.opinion_runs
LEFT ARRAY JOIN group_ids AS group_id, sizes AS group_size
