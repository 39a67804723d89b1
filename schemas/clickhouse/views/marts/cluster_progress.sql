-- How far clustering is, per consultation, and how much is kept for it.
SELECT
    clustering.consultation_id AS consultation_id,  -- Consultation
    clustering.proposals AS proposals,  -- Accepted proposals in clusters
    clustering.clusters AS clusters,  -- Clusters
    clustering.micro_clusters AS micro_clusters,  -- Micro-clusters, at most 2,000
    clustering.bytes AS bytes,  -- Size of what the job keeps, bytes
    clustering.offset AS offset,  -- Offset in accepted proposals of its newest proposal
    fromUnixTimestamp64Milli(clustering.at_ms, 'UTC') AS at,  -- Broker time of that proposal
    clustering.model AS model,  -- Encoder, with its version
    clustering.method AS method,  -- Name and version of the rules
    clustering.epoch AS epoch,  -- Epoch of clustering; another encoder or other rules begin a new one
    (clustering.consultation_id, clustering.epoch) IN (SELECT consultation_id, epoch FROM tutti.active_cluster_epoch) AS active  -- Whether the other views show it
FROM tutti.cluster_progress AS clustering FINAL
