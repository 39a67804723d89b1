-- Does everything add up? One row per check. Counts are compared only while nothing is on its way:
-- verdict pending means not yet comparable, equal and different are facts. Only different is an alarm.
WITH
-- One look at all positions, before any table is read: rows may be newer than it, never older.
(
    SELECT groupArray((toString(stage), topic, partition, next_offset, offset_gaps))
    FROM tutti.positions FINAL
) AS places,
state AS (
    SELECT
        -- At rest at the newest cut, nothing begun by the sink since, and nothing waiting for it.
        quiescent = 1 AND arrayAll(
            place -> place.4 <= positions[concat(place.2, '/', toString(place.3))],
            arrayFilter(
                place -> place.1 IN ('started', 'log') AND mapContains(positions, concat(place.2, '/', toString(place.3))),
                places
            )
        ) AS comparable,
        as_of
    FROM tutti.active_cut
),
tallied AS (
    SELECT consultation_id, proposal_id, toString(country) AS country, toString(trust) AS trust,
        [agree, disagree, neutral, like_it, doable, platitude_agree, no_way, impossible, platitude_disagree, do_not_understand, no_opinion, do_not_care] AS counts
    FROM tutti.cells
),
windowed AS (
    SELECT consultation_id, proposal_id, toString(country) AS country, toString(trust) AS trust,
        [sum(agree), sum(disagree), sum(neutral), sum(like_it), sum(doable), sum(platitude_agree), sum(no_way), sum(impossible), sum(platitude_disagree), sum(do_not_understand), sum(no_opinion), sum(do_not_care)] AS counts
    FROM tutti.minute_cells
    GROUP BY consultation_id, proposal_id, country, trust
),
archived AS (
    SELECT consultation_id, proposal_id, toString(country) AS country, toString(trust) AS trust,
        [countIf(choice = 'agree'), countIf(choice = 'disagree'), countIf(choice = 'neutral'),
        countIf(bitTest(qualifications, 0)), countIf(bitTest(qualifications, 1)), countIf(bitTest(qualifications, 2)), countIf(bitTest(qualifications, 3)), countIf(bitTest(qualifications, 4)), countIf(bitTest(qualifications, 5)), countIf(bitTest(qualifications, 6)), countIf(bitTest(qualifications, 7)), countIf(bitTest(qualifications, 8))] AS counts
    FROM tutti.ballots FINAL
    WHERE choice != 'withdrawn' AND $not_probe
    GROUP BY consultation_id, proposal_id, country, trust
),
checks AS (
    SELECT
        'tallies = windows' AS name, toString(consultation_id) AS subject,
        count() AS expected, countIf(tallied.counts = windowed.counts) AS found,
        (SELECT any(comparable) FROM state) AS comparable
    FROM tallied FULL JOIN windowed USING (consultation_id, proposal_id, country, trust)
    GROUP BY subject
    UNION ALL
    SELECT
        'tallies = ballots', toString(consultation_id),
        count(), countIf(tallied.counts = archived.counts),
        (SELECT any(comparable) FROM state)
    FROM tallied FULL JOIN archived USING (consultation_id, proposal_id, country, trust)
    GROUP BY consultation_id
    UNION ALL
    SELECT
        'read = accepted + rejected', concat(topic, '/', toString(partition)),
        read, accepted + rejected, comparable
    FROM (
        SELECT
            intake.topic AS topic, intake.partition AS partition,
            intake.next_offset - intake.offset_gaps AS read,
            ifNull(accepted.n, 0) AS accepted, ifNull(rejected.n, 0) AS rejected,
            -- More found than read: the position is older than the rows.
            (SELECT any(comparable) FROM state) AND accepted + rejected <= read AS comparable
        FROM (
            SELECT place.2 AS topic, place.3 AS partition, place.4 AS next_offset, place.5 AS offset_gaps
            FROM (SELECT arrayJoin(places) AS place)
            WHERE place.1 = 'intake' AND topic = 'tutti.votes.v1'
        ) AS intake
        LEFT JOIN (
            SELECT partition, toUInt64(sum(bitmapCardinality(members))) AS n
            FROM (
                SELECT partition, million, groupBitmapMergeState(offsets) AS members
                FROM tutti.accepted_offsets
                GROUP BY partition, million
            )
            GROUP BY partition
        ) AS accepted ON accepted.partition = intake.partition
        LEFT JOIN (
            SELECT partition, count() AS n
            FROM tutti.dead_letters FINAL
            WHERE topic = 'tutti.votes.v1'
            GROUP BY partition
        ) AS rejected ON rejected.partition = intake.partition
    )
)
SELECT
    name AS check,  -- What is compared
    subject AS subject,  -- Consultation, or topic and partition
    expected AS expected,  -- Cells compared, or messages read by intake
    found AS found,  -- Cells that are equal, or messages accepted plus rejected
    multiIf(NOT comparable, 'pending', expected = found, 'equal', 'different') AS verdict,  -- equal, pending (not comparable yet) or different (an alarm)
    (SELECT maxOrNull(as_of) FROM state) AS as_of  -- Broker time of the newest vote counted
FROM checks
