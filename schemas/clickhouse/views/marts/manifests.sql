-- What sources believe they sent, beside what arrived, by hour and country. Only hours of which a source has posted something are compared.
WITH
posted AS (
    SELECT consultation_id, source, kind, hour, country, messages FROM tutti.manifests FINAL
),
both AS (
    SELECT
        consultation_id, source, kind, hour, country,
        messages AS sent, toUInt64(0) AS accepted, toUInt64(0) AS rejected
    FROM posted
    UNION ALL
    SELECT
        consultation_id, source, kind, toStartOfHour(minute), country,
        0, if(reason = '', n, 0), if(reason = '', 0, n)
    FROM tutti.arrival_cells
    WHERE (consultation_id, source, kind, toStartOfHour(minute)) IN (
        SELECT consultation_id, source, kind, hour FROM posted
    )
)
SELECT
    consultation_id AS consultation_id,  -- Consultation
    source AS source,  -- Source that has posted it
    kind AS kind,  -- votes or proposals
    hour AS hour,  -- Hour, UTC: of sending in the manifest, of arrival in the ledger
    country AS country,  -- Country
    sum(both.sent) AS sent,  -- Messages that the source believes it sent
    sum(both.accepted) AS accepted,  -- Messages that arrived and were accepted
    sum(both.rejected) AS rejected,  -- Messages that arrived and were rejected
    toInt64(sum(both.accepted) + sum(both.rejected)) - toInt64(sum(both.sent)) AS difference  -- Arrived less sent; below 0: some are missing
FROM both
GROUP BY consultation_id, source, kind, hour, country
