-- The newest run of opinion groups of each consultation, and of each of its countries.
SELECT
    consultation_id AS consultation_id,  -- Consultation
    country AS country,  -- Whose ballots: ISO 3166-1; empty: all countries' together
    status AS status,  -- grouped or too_few
    as_of AS as_of,  -- Broker time of the newest vote considered
    computed_at AS computed_at,  -- When the run ended
    seconds AS seconds,  -- How long the run took
    ballots AS ballots,  -- Current ballots of the trusted series
    participants AS participants,  -- People with at least one ballot
    eligible AS eligible,  -- People with enough ballots to be grouped
    $group_share_error AS share_error,  -- 95 %: how far a group's share may be off because people were drawn
    grouped AS grouped,  -- People in groups
    proposals AS proposals,  -- Proposals with at least one ballot
    k AS k,  -- How many groups
    silhouette AS silhouette,  -- Mean silhouette of the base clusters
    dimensions AS dimensions,  -- Lines along which people differ more than by chance; NULL: not tested yet
    arrayElement(shares, 1) AS first_share,  -- Share of the first line in all differences
    noise_mean + $min_deviations * noise_deviation AS noise_share,  -- What chance reaches; NULL: not tested yet
    gap AS gap,  -- Share of the people who would have to move for the gap between groups to close
    toUInt8(k > 0 AND $groups_significant) AS groups_significant,  -- 1: people differ more than by chance
    toUInt8(groups_significant AND $groups_separate) AS groups_separate,  -- 1: there is a gap between groups
    multiIf(
        k = 0, 'too little to group',
        dimensions IS NULL, 'not tested yet',
        NOT groups_significant, 'no disagreement beyond chance',
        groups_separate, 'separate groups',
        'a continuum, no separate groups'
    ) AS verdict,  -- Both parts in a few words
    multiIf(
        k = 0, 'Too few people have voted on enough proposals, or nearly all of them alike.',
        dimensions IS NULL, 'Whether this is more than chance is being tested.',
        NOT groups_significant, 'How people vote on one proposal says no more about how they vote on another than chance would: there are no camps to report.',
        concat(
            'People disagree along ', toString(dimensions), if(dimensions = $max_dimensions, ' or more', ''),
            if(dimensions = 1, ' line', ' lines'), ', more than chance explains',
            if(
                groups_separate,
                concat(', and fall into separate groups: at least ', toString(round(100 * gap, 1)), ' % of them would have to think otherwise for the gap between the groups to close.'),
                '. No gap is seen along it: people stand everywhere between the ends, and the groups are cuts through a continuum, not camps.'
            )
        )
    ) AS explanation,  -- The same as a sentence that may be quoted
    method AS method,  -- Name and version of the method
    group_ids AS group_ids,  -- The groups, from the largest
    sizes AS sizes,  -- People in each
    cell_proposals AS cell_proposals,  -- A cell for each proposal and group: its proposal
    cell_groups AS cell_groups,  -- Group of each cell
    cell_agree AS cell_agree,  -- Ballots of the group that agree
    cell_disagree AS cell_disagree,  -- Ballots of the group that disagree
    cell_neutral AS cell_neutral  -- Ballots of the group that are neutral
FROM tutti.group_runs FINAL
