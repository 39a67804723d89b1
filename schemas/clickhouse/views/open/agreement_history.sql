-- What each publication added to an accepted proposal, trusted series: sums up to a tick are what
-- `open.leaderboard` showed then.
SELECT
    consultation_id AS consultation_id,  -- Consultation
    proposal_id AS proposal_id,  -- Proposal
    tick AS tick,  -- Tick of the publication
    sum(releases.agree + releases.disagree + releases.neutral) AS votes,  -- agree + disagree + neutral; below 0 where more ballots were taken back
    sum(releases.agree) AS agree,  -- Ballots it added to agree
    sum(releases.disagree) AS disagree,  -- Ballots it added to disagree
    sum(releases.neutral) AS neutral  -- Ballots it added to neutral
FROM tutti.releases AS releases
WHERE cell != 'troll' AND (consultation_id, proposal_id) IN (
    SELECT consultation_id, proposal_id FROM tutti.proposals FINAL WHERE status = 'accepted' AND $not_probe
)
GROUP BY consultation_id, proposal_id, tick
