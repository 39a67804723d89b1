-- What looks arranged, and the rank without it. Nothing is applied: the board counts every ballot.
SELECT
    signals.kind AS kind, ifNull(proposals.text, '') AS text, signals.participants AS people,
    signals.ballots AS ballots, signals.rank AS rank, signals.rank_without AS rank_without,
    signals.largest_rank_shift AS largest_shift, signals.active AS active,
    signals.first_seen AS first_seen, signals.last_seen AS last_seen
FROM marts.signals AS signals
LEFT JOIN (
    SELECT proposal_id, text
    FROM marts.proposals
    WHERE consultation_id = decodeURLComponent('${consultation:percentencode}')
) AS proposals ON proposals.proposal_id = signals.proposal_id
WHERE signals.consultation_id = decodeURLComponent('${consultation:percentencode}')
ORDER BY signals.active DESC, signals.last_seen DESC, signals.signal_id
LIMIT 20
