-- Current ballots per proposal, country and window of cast_at: a re-vote leaves its old window.
-- Windows are counted from Monday 1970-01-05 00:00 UTC: a week begins on Monday, a day at midnight.
-- Counts are of the trusted series; ..._all count every ballot.
SELECT
    cells.consultation_id AS consultation_id,  -- Consultation
    cells.proposal_id AS proposal_id,  -- Proposal
    cells.country AS country,  -- Country of the ballots, ISO 3166-1; ZZ unknown
    $window_start AS window_start,  -- Start of the window, UTC
    if(consultations.window_seconds = 0, 60, consultations.window_seconds) AS window_seconds,  -- Length of the window, s
    sumIf(cells.agree + cells.disagree + cells.neutral, cells.trust != 'troll') AS votes,  -- agree + disagree + neutral, ballots
    sumIf(cells.agree, cells.trust != 'troll') AS agree,  -- Ballots that agree
    sumIf(cells.disagree, cells.trust != 'troll') AS disagree,  -- Ballots that disagree
    sumIf(cells.neutral, cells.trust != 'troll') AS neutral,  -- Ballots that are neutral
    sum(cells.agree + cells.disagree + cells.neutral) AS votes_all,  -- Ballots of every trust level
    sum(cells.agree) AS agree_all,  -- agree over every trust level
    sum(cells.disagree) AS disagree_all,  -- disagree over every trust level
    sum(cells.neutral) AS neutral_all  -- neutral over every trust level
FROM tutti.minute_cells AS cells
LEFT JOIN (SELECT consultation_id, window_seconds FROM tutti.consultations FINAL) AS consultations
    ON consultations.consultation_id = cells.consultation_id
GROUP BY consultation_id, proposal_id, country, window_start, window_seconds
