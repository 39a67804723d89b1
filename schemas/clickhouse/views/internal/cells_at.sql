-- Tallies at the end of the last whole minute not after `at`, of the epoch that was active then.
SELECT
    consultation_id AS consultation_id,  -- Consultation
    proposal_id AS proposal_id,  -- Proposal
    country AS country,  -- ISO 3166-1; ZZ unknown
    trust AS trust,  -- Trust level
    -- protects: history's greatest version of a cell, not its latest row
    argMax(history.agree, history.version) AS agree,  -- Ballots that were current: agree
    argMax(history.disagree, history.version) AS disagree,  -- Ballots that were current: disagree
    argMax(history.neutral, history.version) AS neutral,  -- Ballots that were current: neutral
    argMax(history.like_it, history.version) AS like_it,  -- Ballots that were current: like_it
    argMax(history.doable, history.version) AS doable,  -- Ballots that were current: doable
    argMax(history.platitude_agree, history.version) AS platitude_agree,  -- Ballots that were current: platitude_agree
    argMax(history.no_way, history.version) AS no_way,  -- Ballots that were current: no_way
    argMax(history.impossible, history.version) AS impossible,  -- Ballots that were current: impossible
    argMax(history.platitude_disagree, history.version) AS platitude_disagree,  -- Ballots that were current: platitude_disagree
    argMax(history.do_not_understand, history.version) AS do_not_understand,  -- Ballots that were current: do_not_understand
    argMax(history.no_opinion, history.version) AS no_opinion,  -- Ballots that were current: no_opinion
    argMax(history.do_not_care, history.version) AS do_not_care  -- Ballots that were current: do_not_care
FROM tutti.tallies_history AS history
WHERE
    -- protects: a board of then is of the epoch that was active then
    epoch = (SELECT epoch FROM tutti.active_epoch_at(at = $at))
    AND minute < $at_minute
    AND minute >= (SELECT from_minute FROM tutti.active_epoch_at(at = $at))
GROUP BY consultation_id, proposal_id, country, trust
HAVING argMax(history.is_deleted, history.version) = 0
