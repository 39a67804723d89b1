-- Proposals that repeat an earlier one. Votes are never merged.
SELECT kind, similarity, text, text_of AS repeats, proposal_id, duplicate_of
FROM marts.duplicates
WHERE consultation_id = decodeURLComponent('${consultation:percentencode}')
ORDER BY kind, similarity DESC, proposal_id
LIMIT 50
