-- Proposals by what the campaign's moderators said of them.
SELECT status, count() AS proposals, max(submitted_at) AS newest
FROM marts.proposals
WHERE consultation_id = decodeURLComponent('${consultation:percentencode}')
GROUP BY status
ORDER BY proposals DESC, status
