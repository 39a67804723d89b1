-- The ledger of what is public as it was at the end of the last whole minute not after `at`.
SELECT
    consultation_id AS consultation_id,  -- Consultation
    proposal_id AS proposal_id,  -- Proposal
    kind AS kind,  -- entry or change
    cell AS cell,  -- Country, XX merged, troll, or empty: changes without a country
    window_start AS window_start,  -- Start of the window of cast_at, s since 1970; 0: none
    window_seconds AS window_seconds,  -- Length of that window, s; 0: longer than a day, and changes
    people AS people,  -- Participants in the cohort
    agree AS agree,  -- Ballots it adds to agree
    disagree AS disagree,  -- Ballots it adds to disagree
    neutral AS neutral,  -- Ballots it adds to neutral
    tick AS tick  -- Tick of the publication
FROM tutti.open_releases
INNER JOIN (
    SELECT number AS publication, tick FROM tutti.open_publications
    WHERE toUnixTimestamp64Milli(tick) <= $at_minute * 60000
) AS publications
    USING (publication)
WHERE $not_probe
