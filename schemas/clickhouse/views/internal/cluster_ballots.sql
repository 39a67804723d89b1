-- Ballots of the proposals in clusters (trusted series), per proposal and country; country '' is every country.
SELECT
    members.consultation_id AS consultation_id,  -- Consultation
    members.cluster_id AS cluster_id,  -- Its cluster now
    members.proposal_id AS proposal_id,  -- Proposal
    members.country AS country,  -- ISO 3166-1; ZZ unknown; empty: every country
    members.votes AS votes,  -- agree + disagree + neutral, ballots
    members.agree AS agree,  -- Ballots that agree
    members.disagree AS disagree  -- Ballots that disagree
FROM (
    SELECT
        assignments.consultation_id AS consultation_id, assignments.cluster_id AS cluster_id,
        assignments.proposal_id AS proposal_id, counts.place AS country,
        counts.votes AS votes, counts.agree AS agree, counts.disagree AS disagree
    FROM tutti.assignments AS assignments FINAL
    LEFT JOIN (
        SELECT
            consultation_id, proposal_id, arrayJoin([toString(cells.country), '']) AS place,
            sum(cells.agree + cells.disagree + cells.neutral) AS votes,
            sum(cells.agree) AS agree, sum(cells.disagree) AS disagree
        FROM tutti.cells AS cells
        WHERE cells.trust != 'troll'
        GROUP BY consultation_id, proposal_id, place
    ) AS counts USING (consultation_id, proposal_id)
    WHERE assignments.cluster_id != ''
        AND (assignments.consultation_id, assignments.epoch) IN (SELECT consultation_id, epoch FROM tutti.active_cluster_epoch)
) AS members
