-- Clusters: proposals about the same subject, whatever they want. Ids are never used again; former ids are in marts.cluster_events.
WITH spoken AS (
    SELECT
        epoch, consultation_id, cluster_id,
        arrayMap(spoken -> spoken.2, arraySort(spoken -> (-spoken.1, spoken.2), groupArray((number, language)))) AS languages
    FROM (
        SELECT
            epoch, consultation_id, cluster_id, lower(splitByChar('-', toString(language))[1]) AS language,
            toInt64(count()) AS number
        FROM tutti.assignments FINAL
        WHERE cluster_id != '' AND language != ''
        GROUP BY epoch, consultation_id, cluster_id, language
    )
    GROUP BY epoch, consultation_id, cluster_id
),
opened AS (
    SELECT epoch, consultation_id, cluster_id, min(at_ms) AS opened_ms
    FROM tutti.cluster_events FINAL
    WHERE kind IN ('opened', 'split')
    GROUP BY epoch, consultation_id, cluster_id
)
SELECT
    clusters.consultation_id AS consultation_id,  -- Consultation
    clusters.cluster_id AS cluster_id,  -- Cluster
    clusters.kind AS kind,  -- topic, or unreadable: texts that the encoder cannot read (emoji alone, unknown writing), which are not alike
    clusters.theme_id AS theme_id,  -- Its theme; empty: there are no themes before the 25th proposal
    multiIf(clusters.theme_id = '', '', clusters.kind = 'unreadable', clusters.label, empty(clusters.theme_terms), clusters.theme_id, arrayStringConcat(clusters.theme_terms, ', ')) AS theme_label,  -- For people: the theme's words, or its id where no proposals share any; never the text of one
    clusters.theme_terms AS theme_terms,  -- Words that set its theme apart from the other themes, best first
    clusters.label AS label,  -- Text of its most typical proposal, shortened
    clusters.terms AS terms,  -- Words that set it apart from the other clusters, best first
    clusters.size AS size,  -- Accepted proposals in it
    spoken.languages AS languages,  -- Languages of its proposals without regions, the most frequent first; those of which none is known are left out
    clusters.medoid AS medoid,  -- Proposal nearest to its centroid
    clusters.first_seen AS first_seen,  -- Offset in accepted proposals at which it was opened
    clusters.last_seen AS last_seen,  -- Offset at which a proposal last joined or left it
    fromUnixTimestamp64Milli(opened.opened_ms, 'UTC') AS first_seen_at,  -- Broker time of the proposal that opened it
    fromUnixTimestamp64Milli(clusters.at_ms, 'UTC') AS updated_at,  -- Broker time of the proposal at which anything here last changed
    clusters.micro_clusters AS micro_clusters,  -- Micro-clusters that it consists of
    clusters.model AS model,  -- Encoder, with its version
    clustering.method AS method,  -- Name and version of the rules
    clusters.epoch AS epoch  -- Epoch of clustering; another encoder or other rules begin a new one
FROM tutti.clusters AS clusters FINAL
LEFT JOIN spoken USING (epoch, consultation_id, cluster_id)
LEFT JOIN opened USING (epoch, consultation_id, cluster_id)
LEFT JOIN (SELECT * FROM tutti.cluster_progress FINAL) AS clustering USING (epoch, consultation_id)
WHERE clusters.size > 0 AND (clusters.consultation_id, clusters.epoch) IN (SELECT consultation_id, epoch FROM tutti.active_cluster_epoch)
