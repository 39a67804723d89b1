-- Published ballots on accepted proposals per consultation, country and day of cast_at, trusted
-- series, as they were first published. It counts ballots: people vote on several proposals.
SELECT
    consultation_id AS consultation_id,  -- Consultation
    releases.cell AS country,  -- ISO 3166-1; ZZ unknown; XX several countries together
    if(releases.window_seconds = 0, NULL, toDate(toDateTime(releases.window_start, 'UTC'))) AS day,  -- Day of cast_at, UTC; NULL: several days together
    sum(releases.people) AS ballots,  -- Ballots, at least 5
    uniqExact(releases.proposal_id) AS proposals  -- Proposals they are on
FROM tutti.releases AS releases
WHERE kind = 'entry' AND cell != 'troll' AND (consultation_id, proposal_id) IN (
    SELECT consultation_id, proposal_id FROM tutti.proposals FINAL WHERE status = 'accepted' AND $not_probe
)
GROUP BY consultation_id, country, day
