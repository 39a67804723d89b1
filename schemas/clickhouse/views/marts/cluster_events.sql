-- What happened to the identity of clusters, in its order.
SELECT
    consultation_id AS consultation_id,  -- Consultation
    number AS number,  -- Counts up within the consultation
    kind AS kind,  -- opened: new; split: new, out of other; merged: swallowed by other; closed: empty
    cluster_id AS cluster_id,  -- The cluster it happened to
    other AS other,  -- The cluster it came from or went into; empty: none
    size AS size,  -- Proposals concerned
    offset AS offset,  -- Offset in accepted proposals at which it happened
    model AS model,  -- Encoder, with its version
    fromUnixTimestamp64Milli(at_ms, 'UTC') AS at  -- Broker time of that proposal
FROM tutti.cluster_events FINAL
WHERE (consultation_id, epoch) IN (SELECT consultation_id, epoch FROM tutti.active_cluster_epoch)
