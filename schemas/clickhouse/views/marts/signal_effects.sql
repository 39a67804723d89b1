-- What each signal changes: every proposal with flagged ballots, as it stands on the leaderboard and
-- as it would without them, all of the signal's flagged ballots left out together. Nothing is applied.
WITH signals AS (
    SELECT consultation_id, signal_id, kind, proposals, votes, agree
    FROM tutti.signals FINAL
),
flagged AS (
    SELECT
        consultation_id, signal_id, kind,
        flag.1 AS proposal_id, flag.2 AS flagged_votes, flag.3 AS flagged_agree
    FROM signals
    ARRAY JOIN arrayZip(proposals, votes, agree) AS flag
),
counts AS (
    SELECT
        signals.consultation_id AS consultation_id, signals.signal_id AS signal_id,
        board.proposal_id AS proposal_id, board.rank AS rank, board.agree_low AS agree_low,
        board.votes AS votes_now, board.agree AS agree_now,
        -- A vote may have changed since the ballots were flagged.
        board.votes - least(board.votes, flagged.flagged_votes) AS votes,
        least(votes, board.agree - least(board.agree, flagged.flagged_agree)) AS agree
    FROM (SELECT consultation_id, signal_id FROM signals) AS signals
    INNER JOIN (
        SELECT consultation_id, proposal_id, rank, votes, agree, agree_low
        FROM marts.leaderboard
        WHERE consultation_id IN (SELECT consultation_id FROM signals)
    ) AS board ON board.consultation_id = signals.consultation_id
    LEFT JOIN flagged
        ON flagged.consultation_id = signals.consultation_id
        AND flagged.signal_id = signals.signal_id
        AND flagged.proposal_id = board.proposal_id
),
scored AS (
    SELECT
        counts.*,
        $agreement_low AS low_without,
        counts.votes >= if(consultations.rank_min_votes = 0, 30, consultations.rank_min_votes) AS ranked
    FROM counts
    LEFT JOIN (SELECT consultation_id, rank_min_votes FROM tutti.consultations FINAL) AS consultations
        ON consultations.consultation_id = counts.consultation_id
),
without AS (
    SELECT
        consultation_id, signal_id, proposal_id, rank,
        toNullable(agree_low) AS low, toNullable(low_without) AS low_without,
        toNullable(votes_now) AS votes_now, toNullable(votes) AS votes_without,
        toNullable(agree_now) AS agree_now, toNullable(agree) AS agree_without,
        if(ranked, row_number() OVER (
            PARTITION BY consultation_id, signal_id, ranked
            ORDER BY low_without DESC, votes DESC, proposal_id
        ), NULL) AS rank_without
    FROM scored
)
SELECT
    flagged.consultation_id AS consultation_id,  -- Consultation
    flagged.signal_id AS signal_id,  -- Signal, as in marts.signals
    flagged.kind AS kind,  -- burst or identical
    flagged.proposal_id AS proposal_id,  -- Proposal with flagged ballots
    flagged.flagged_votes AS flagged_votes,  -- Flagged ballots on it, trusted series
    flagged.flagged_agree AS flagged_agree,  -- Flagged ballots that agree
    without.votes_now AS votes,  -- Its votes on the leaderboard; NULL: not an accepted proposal
    without.votes_without AS votes_without,  -- The same without the flagged ballots
    without.agree_now AS agree,  -- Its ballots that agree
    without.agree_without AS agree_without,  -- The same without the flagged ballots
    without.low AS agree_low,  -- Lower bound of Wilson's 95 % interval on the leaderboard
    without.low_without AS agree_low_without,  -- The same without the flagged ballots
    without.rank AS rank,  -- Rank on the leaderboard; NULL: fewer than rank_min_votes votes
    without.rank_without AS rank_without,  -- Rank without the flagged ballots of this signal; NULL: too few are left
    $agreement_method AS method  -- Name and version of the method of agree_low
FROM flagged
LEFT JOIN without
    ON without.consultation_id = flagged.consultation_id
    AND without.signal_id = flagged.signal_id
    AND without.proposal_id = flagged.proposal_id
