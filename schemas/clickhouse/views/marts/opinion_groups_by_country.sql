-- The opinion groups of each country with at least $min_country_people voters, from its ballots alone. Groups of
-- two countries have nothing to do with each other, whatever their numbers.
SELECT
    consultation_id AS consultation_id,  -- Consultation
    country AS country,  -- ISO 3166-1
    if(k = 0, NULL, group_id) AS group,  -- Number of the group, kept from run to run by largest overlap
    if(k = 0, NULL, group_size) AS size,  -- People in it
    k AS k,  -- How many groups; 0: none
    dimensions AS dimensions,  -- Lines along which people differ more than by chance, 5: or more; NULL: not tested yet
    groups_significant AS groups_significant,  -- 1: there is such a line; 0: what the groups say may be chance
    groups_separate AS groups_separate,  -- 1: there is a gap between groups; 0: none is seen, the groups are cuts through a continuum
    verdict AS verdict,  -- Both parts in a few words
    explanation AS explanation,  -- The same as a sentence that may be quoted
    first_share AS first_share,  -- Share of the first line in all differences, 0 to 1
    noise_share AS noise_share,  -- What chance reaches at most: mean of 19 deals plus $min_deviations standard deviations; NULL: not tested yet
    gap AS gap,  -- Dip: share of the people who would have to move for one peak to be left, 0 to 0.25
    silhouette AS silhouette,  -- Mean silhouette of the base clusters, -1 to 1; k is the one with the greatest
    grouped AS grouped,  -- People in groups; where there are more than can be read, drawn by chance
    eligible AS eligible,  -- People with enough ballots to be in a group, those included who were not drawn
    share_error AS share_error,  -- size / grouped is right to so much, 95 %; 0: all were read
    participants AS participants,  -- People with at least one ballot
    proposals AS proposals,  -- Proposals by which people were grouped
    ballots AS ballots,  -- Current ballots by which people were grouped
    seconds AS seconds,  -- How long the run took, s
    computed_at AS computed_at,  -- When the run ended
    method AS method,  -- Name and version of the method
    as_of AS as_of  -- Broker time of the newest vote considered
FROM tutti.opinion_runs
LEFT ARRAY JOIN group_ids AS group_id, sizes AS group_size
WHERE country != ''
