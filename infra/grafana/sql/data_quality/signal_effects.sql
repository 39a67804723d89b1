-- What each signal changes: proposals with flagged ballots, with the rank they would have without.
SELECT
    effects.kind AS kind, ifNull(proposals.text, effects.proposal_id) AS text,
    effects.flagged_votes AS flagged, effects.votes AS votes, effects.rank AS rank,
    effects.rank_without AS rank_without, effects.agree_low AS agree_low,
    effects.agree_low_without AS agree_low_without
FROM marts.signal_effects AS effects
LEFT JOIN (
    SELECT proposal_id, text
    FROM marts.proposals
    WHERE consultation_id = decodeURLComponent('${consultation:percentencode}')
) AS proposals ON proposals.proposal_id = effects.proposal_id
WHERE effects.consultation_id = decodeURLComponent('${consultation:percentencode}')
ORDER BY effects.flagged_votes DESC, effects.signal_id, effects.proposal_id
LIMIT 50
