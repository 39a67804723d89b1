-- Current tallies of the active epoch.
SELECT
    consultation_id AS consultation_id,  -- Consultation
    proposal_id AS proposal_id,  -- Proposal
    country AS country,  -- ISO 3166-1; ZZ unknown
    trust AS trust,  -- Trust level
    agree AS agree,  -- Current ballots: agree
    disagree AS disagree,  -- Current ballots: disagree
    neutral AS neutral,  -- Current ballots: neutral
    like_it AS like_it,  -- Current ballots: like_it
    doable AS doable,  -- Current ballots: doable
    platitude_agree AS platitude_agree,  -- Current ballots: platitude_agree
    no_way AS no_way,  -- Current ballots: no_way
    impossible AS impossible,  -- Current ballots: impossible
    platitude_disagree AS platitude_disagree,  -- Current ballots: platitude_disagree
    do_not_understand AS do_not_understand,  -- Current ballots: do_not_understand
    no_opinion AS no_opinion,  -- Current ballots: no_opinion
    do_not_care AS do_not_care  -- Current ballots: do_not_care
-- protects: views read one row per cell (`FINAL`)
FROM tutti.tallies FINAL
WHERE epoch = (SELECT max(epoch) FROM tutti.epochs) AND $not_probe
