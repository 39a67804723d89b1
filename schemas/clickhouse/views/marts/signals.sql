-- Signals of manipulation: what looks arranged, with evidence and the effect on the ranking. A signal
-- proves nothing and changes nothing: the leaderboard counts every ballot named here.
WITH effects AS (
    SELECT
        consultation_id, signal_id, count() AS touched,
        sum(effects.flagged_votes) AS flagged_votes, sum(effects.flagged_agree) AS flagged_agree,
        -- Of a burst, its only proposal.
        anyIf(effects.rank, effects.kind = 'burst') AS rank,
        anyIf(effects.rank_without, effects.kind = 'burst') AS rank_without,
        anyIf(effects.agree_low, effects.kind = 'burst') AS agree_low,
        anyIf(effects.agree_low_without, effects.kind = 'burst') AS agree_low_without,
        max(abs(toInt64(effects.rank) - toInt64(effects.rank_without))) AS largest_rank_shift,
        countIf(effects.rank IS NOT NULL AND effects.rank_without IS NULL) AS ranks_lost
    FROM marts.signal_effects AS effects
    GROUP BY consultation_id, signal_id
),
scans AS (
    SELECT kind, consultation_id, scanned_at FROM tutti.signal_scans FINAL
)
SELECT
    signals.consultation_id AS consultation_id,  -- Consultation
    signals.signal_id AS signal_id,  -- Signal; stays while it is seen again
    signals.kind AS kind,  -- burst: one proposal, in some minutes; identical: people who vote alike
    if(signals.kind = 'burst', signals.proposals[1], NULL) AS proposal_id,  -- Proposal; NULL: see marts.signal_effects
    if(signals.kind = 'burst', effects.flagged_votes, signals.observed) AS participants,  -- People flagged; their pseudonyms are not shown
    effects.flagged_votes AS ballots,  -- Ballots flagged, trusted series
    effects.touched AS proposals,  -- Proposals with flagged ballots
    signals.from_at AS from_at,  -- Earliest cast_at of flagged ballots; of a burst, start of its first minute
    signals.to_at AS to_at,  -- Latest cast_at of flagged ballots; of a burst, end of its last minute
    signals.observed AS observed,  -- burst: ballots in its most surprising 10 minutes; identical: people
    if(signals.kind = 'burst', signals.expected, NULL) AS expected,  -- burst: ballots expected in them at the proposal's usual share
    if(signals.kind = 'burst', signals.observed / signals.expected, NULL) AS ratio,  -- burst: observed / expected
    signals.p_value AS p_value,  -- burst: Poisson probability of so many or more; 0: below 1e-308
    if(signals.kind = 'burst', signals.agree_before / nullIf(signals.votes_before, 0), NULL) AS agree_rate_before,  -- burst: rate in the 24 hours before; NULL: no ballots
    if(signals.kind = 'burst', effects.flagged_agree / nullIf(effects.flagged_votes, 0), NULL) AS agree_rate_during,  -- burst: rate of the flagged ballots
    if(signals.kind = 'identical', signals.expected, NULL) AS expected_groups,  -- identical: such groups expected if people chose independently
    if(signals.kind = 'identical', arraySum(signals.common), NULL) AS common_proposals,  -- identical: proposals on which all of them are equal
    if(signals.kind = 'identical', signals.common[1], NULL) AS common_agree,  -- identical: of these, all agree
    if(signals.kind = 'identical', signals.common[2], NULL) AS common_disagree,  -- identical: of these, all disagree
    if(signals.kind = 'identical', signals.common[3], NULL) AS common_neutral,  -- identical: of these, all are neutral
    if(signals.kind = 'identical', signals.pattern, NULL) AS pattern,  -- identical: hash of the common ballots
    signals.first_seen AS first_seen,  -- Tick at which it was first seen
    signals.last_seen AS last_seen,  -- Tick at which it was last seen
    if(
        signals.kind = 'burst', signals.to_at > scans.scanned_at - INTERVAL 10 MINUTE,
        signals.last_seen >= scans.scanned_at
    ) AS active,  -- 1: burst: it reaches into the last 10 minutes; identical: seen at the newest scan
    effects.rank AS rank,  -- burst: rank of the proposal on the leaderboard; NULL: none
    effects.rank_without AS rank_without,  -- burst: rank without the flagged ballots; NULL: none
    effects.agree_low AS agree_low,  -- burst: lower bound of agree_rate on the leaderboard
    effects.agree_low_without AS agree_low_without,  -- burst: the same without the flagged ballots
    effects.largest_rank_shift AS largest_rank_shift,  -- Most places by which a flagged proposal's rank differs without the flagged ballots
    effects.ranks_lost AS ranks_lost,  -- Proposals that have a rank only with the flagged ballots
    signals.method AS method,  -- Name and version of the method
    scans.scanned_at AS as_of  -- Newest tick at which this kind was looked for
FROM (SELECT * FROM tutti.signals FINAL) AS signals
LEFT JOIN effects
    ON effects.consultation_id = signals.consultation_id AND effects.signal_id = signals.signal_id
LEFT JOIN scans
    ON scans.kind = signals.kind
    AND scans.consultation_id = if(signals.kind = 'burst', '', signals.consultation_id)
