-- Arrival ledger: what was received in each minute, of each source, consultation and country, and what became of it. Every message in Kafka is counted once, however often it was processed.
WITH counted AS (
    SELECT
        consultation_id, minute, source, country, kind,
        n, if(reason = '', n, 0) AS accepted, if(late, n, 0) AS late_votes,
        toUInt64(0) AS current, toUInt64(0) AS without_proposal
    FROM tutti.arrival_cells
    UNION ALL
    -- Of the accepted votes of a cell, those in the archive are current, and the others replaced.
    SELECT
        consultation_id, toDateTime(toStartOfMinute(received_at), 'UTC'), source, country, 'votes',
        0, 0, 0, count(),
        countIf((consultation_id, proposal_id) NOT IN (
            SELECT consultation_id, proposal_id FROM tutti.proposals FINAL
        ))
    FROM tutti.ballots FINAL
    GROUP BY consultation_id, received_at, source, country
)
SELECT
    consultation_id AS consultation_id,  -- Consultation; empty: a rejected message that names none
    minute AS minute,  -- Minute in which the broker received the messages
    source AS source,  -- Source; of a rejected message the one that it names, proven or not; empty: none
    country AS country,  -- Country; ZZ: a vote that names none; empty: none, or not valid
    kind AS kind,  -- votes, proposals or consultations
    sum(n) AS received,  -- Messages received: accepted plus rejected
    sum(counted.accepted) AS accepted,  -- Messages accepted
    sum(n) - sum(counted.accepted) AS rejected,  -- Messages rejected by intake; why: marts.refusals
    sum(late_votes) AS late,  -- Of the accepted votes, those that came more than 300 s after they were cast
    -- The archive and the ledger are written one after the other: in between, a ballot may be there alone.
    if(kind = 'votes', toUInt64(greatest(0, toInt64(sum(counted.accepted)) - toInt64(sum(current)))), 0) AS replaced,  -- Of the accepted votes, those that another vote of the same participant replaces
    sum(without_proposal) AS unknown_proposal  -- Of the accepted votes that are not replaced, those on a proposal that nobody has sent
FROM counted
WHERE $not_probe
GROUP BY consultation_id, minute, source, country, kind
