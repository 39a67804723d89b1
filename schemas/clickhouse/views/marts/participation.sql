-- Who takes part, per consultation, country and hour of cast_at, counted exactly over the archive
-- of current ballots. People do not add up over hours and countries (one person may stand in
-- several), so totals are rows of their own: country 'all', hour NULL.
WITH current AS (
    SELECT
        consultation_id, participant, trust, country, toStartOfHour(cast_at) AS hour,
        min((cast_at, proposal_id)) OVER (PARTITION BY consultation_id, participant) = (cast_at, proposal_id) AS first
    FROM tutti.ballots FINAL
    WHERE choice != 'withdrawn' AND $not_probe
),
people AS (
    SELECT
        consultation_id, participant, group.1 AS country, group.2 AS hour,
        count() AS ballots, max(first) AS first,
        countIf(trust = 'troll') AS troll, countIf(trust = 'trusted') AS trusted,
        countIf(trust = 'sequence') AS sequence, countIf(trust = 'segment') AS segment
    FROM (
        SELECT
            consultation_id, participant, trust, first,
            arrayJoin(arrayMap(
                (place, time) -> (place, time),
                [toString(country), toString(country), 'all', 'all'],
                [toNullable(hour), NULL, toNullable(hour), NULL]
            )) AS group
        FROM current
    )
    GROUP BY consultation_id, participant, country, hour
)
SELECT
    consultation_id AS consultation_id,  -- Consultation
    country AS country,  -- ISO 3166-1; ZZ unknown; all: every country
    hour AS hour,  -- Start of the hour of cast_at, UTC; NULL: every hour
    count() AS participants,  -- People with at least one current ballot here
    sum(first) AS new_participants,  -- People whose earliest current ballot of the consultation is here
    sum(people.ballots) AS ballots,  -- Current ballots
    quantileExact(0.5)(people.ballots) AS median_ballots,  -- Median of ballots per participant
    sum(people.troll) / sum(people.ballots) AS troll_share,  -- Share of ballots with trust troll
    sum(people.trusted) / sum(people.ballots) AS trusted_share,  -- Share of ballots with trust trusted
    sum(people.sequence) / sum(people.ballots) AS sequence_share,  -- Share of ballots with trust sequence
    sum(people.segment) / sum(people.ballots) AS segment_share  -- Share of ballots with trust segment
FROM people
GROUP BY consultation_id, country, hour
