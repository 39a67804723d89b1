-- Ballots per accepted proposal and window of cast_at, trusted series, as they were when they were
-- first published: later changes are in the leaderboard only. A window is as short as five people
-- of one country allow; windows of different lengths never hold the same ballot.
SELECT
    consultation_id AS consultation_id,  -- Consultation
    proposal_id AS proposal_id,  -- Proposal
    if(releases.window_seconds = 0, NULL, toDateTime(releases.window_start, 'UTC')) AS window_start,  -- Start of the window, UTC; NULL: longer than a day
    releases.window_seconds AS window_seconds,  -- Length of the window, s: 60, 3600, 86400; 0: longer
    sum(releases.agree + releases.disagree + releases.neutral) AS votes,  -- agree + disagree + neutral, ballots, at least 5
    sum(releases.agree) AS agree,  -- Ballots that agree
    sum(releases.disagree) AS disagree,  -- Ballots that disagree
    sum(releases.neutral) AS neutral,  -- Ballots that are neutral
    max(releases.tick) AS as_of  -- Tick of the newest publication of this row
FROM tutti.releases AS releases
WHERE kind = 'entry' AND cell != 'troll' AND (consultation_id, proposal_id) IN (
    SELECT consultation_id, proposal_id FROM tutti.proposals FINAL WHERE status = 'accepted' AND $not_probe
)
GROUP BY consultation_id, proposal_id, window_start, window_seconds
