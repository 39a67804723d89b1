-- Themes: the clusters of a consultation, joined until they are few enough to read them all. Each cluster is in one. Ids are never used again.
SELECT
    clusters.consultation_id AS consultation_id,  -- Consultation
    clusters.theme_id AS theme_id,  -- Theme
    any(clusters.kind) AS kind,  -- topic, or unreadable: texts that the encoder cannot read, which are not alike
    any(clusters.theme_label) AS label,  -- For people: its words, or its id where no proposals share any
    any(clusters.theme_terms) AS terms,  -- Words that set it apart from the other themes, best first
    sum(clusters.size) AS size,  -- Accepted proposals in it
    count() AS clusters,  -- Clusters in it
    countIf(clusters.size = 1) AS alone,  -- Those of a single proposal
    argMax(clusters.cluster_id, (clusters.size, clusters.cluster_id)) AS largest_cluster,  -- Its largest cluster
    arraySort(groupUniqArrayArray(clusters.languages)) AS languages,  -- Languages of its proposals, by the alphabet; those of which none is known are left out
    max(clusters.updated_at) AS updated_at,  -- Broker time of the proposal at which any of its clusters last changed
    any(clusters.model) AS model,  -- Encoder, with its version
    $theme_method AS method,  -- Name and version of the rule
    any(clusters.epoch) AS epoch  -- Epoch of clustering; another encoder or other rules begin a new one
FROM marts.clusters AS clusters
WHERE clusters.theme_id != ''
GROUP BY clusters.consultation_id, clusters.theme_id
