-- Clusters: proposals about the same subject, whatever they want. Ids are never used again; former ids are in marts.cluster_events.
WITH opened AS (
    SELECT epoch, consultation_id, cluster_id, min(at_ms) AS opened_ms
    FROM tutti.cluster_events FINAL
    WHERE kind IN ('opened', 'split')
    GROUP BY epoch, consultation_id, cluster_id
)
SELECT
    clusters.consultation_id AS consultation_id,  -- Consultation
    clusters.cluster_id AS cluster_id,  -- Cluster
    clusters.label AS label,  -- Text of its most typical proposal, shortened
    clusters.terms AS terms,  -- Words that set it apart from the other clusters, best first
    clusters.size AS size,  -- Accepted proposals in it
    clusters.medoid AS medoid,  -- Proposal nearest to its centroid
    clusters.first_seen AS first_seen,  -- Offset in accepted proposals at which it was opened
    clusters.last_seen AS last_seen,  -- Offset at which a proposal last joined or left it
    fromUnixTimestamp64Milli(opened.opened_ms, 'UTC') AS first_seen_at,  -- Broker time of the proposal that opened it
    fromUnixTimestamp64Milli(clusters.at_ms, 'UTC') AS updated_at,  -- Broker time of the proposal at which anything here last changed
    clusters.micro_clusters AS micro_clusters,  -- Micro-clusters that it consists of
    clustering.model AS model,  -- Encoder, with its version
    clustering.method AS method,  -- Name and version of the rules
    clusters.epoch AS epoch  -- Epoch of clustering; another encoder or other rules begin a new one
FROM tutti.clusters AS clusters FINAL
LEFT JOIN opened USING (epoch, consultation_id, cluster_id)
LEFT JOIN (SELECT * FROM tutti.cluster_progress FINAL) AS clustering USING (epoch, consultation_id)
WHERE clusters.size > 0 AND clusters.epoch = (SELECT epoch FROM tutti.active_cluster_epoch)
