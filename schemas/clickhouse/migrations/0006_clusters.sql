-- What the semantics job emits: clusters of proposals, per epoch (encoder and rules).

CREATE TABLE tutti.assignments
(
    epoch UInt32 COMMENT 'Epoch of clustering; views read the active one',
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    proposal_id String COMMENT 'Proposal',
    cluster_id String COMMENT 'Its cluster now; empty: in none',
    cluster_id_at_arrival String COMMENT 'Its cluster when its present text arrived',
    similarity Float64 COMMENT 'Cosine with the centroid of its cluster when it was put there',
    model LowCardinality(String) COMMENT 'Encoder, with its version',
    language LowCardinality(String) COMMENT 'BCP 47, declared or recognised; empty: unknown',
    duplicate_of String COMMENT 'Earliest proposal of the same text, or nearly; empty: none',
    duplicate_kind LowCardinality(String) COMMENT 'exact or near; empty: no duplicate',
    duplicate_similarity Float64 COMMENT '1, or the estimated Jaccard similarity of the texts',
    at_ms Int64 COMMENT 'Broker time of the proposal at which this was emitted, ms since 1970',
    version UInt64 COMMENT 'Offset of the output record: the greatest is current'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (epoch, consultation_id, proposal_id)
COMMENT 'Where each proposal belongs';

CREATE TABLE tutti.clusters
(
    epoch UInt32 COMMENT 'Epoch of clustering; views read the active one',
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    cluster_id String COMMENT 'Cluster; never used again for another one',
    label String COMMENT 'Text of the medoid, shortened',
    terms Array(String) COMMENT 'Words that set it apart, best first',
    size UInt64 COMMENT 'Proposals in it; 0: it has ended',
    medoid String COMMENT 'Proposal nearest to the centroid',
    first_seen UInt64 COMMENT 'Offset in accepted proposals at which it was opened',
    last_seen UInt64 COMMENT 'Offset at which a proposal last joined or left it',
    micro_clusters UInt32 COMMENT 'Micro-clusters that it consists of',
    at_ms Int64 COMMENT 'Broker time of the proposal at which this was emitted, ms since 1970',
    version UInt64 COMMENT 'Offset of the output record: the greatest is current'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (epoch, consultation_id, cluster_id)
COMMENT 'Clusters of proposals by what they are about';

CREATE TABLE tutti.cluster_events
(
    epoch UInt32 COMMENT 'Epoch of clustering; views read the active one',
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    number UInt64 COMMENT 'Counts up within the consultation',
    offset UInt64 COMMENT 'Offset in accepted proposals at which it happened',
    kind LowCardinality(String) COMMENT 'opened, split, merged or closed',
    cluster_id String COMMENT 'The cluster it happened to',
    other String COMMENT 'The cluster it came from or went into; empty: none',
    size UInt64 COMMENT 'Proposals concerned',
    at_ms Int64 COMMENT 'Broker time of that proposal, ms since 1970'
)
ENGINE = ReplacingMergeTree
ORDER BY (epoch, consultation_id, number)
COMMENT 'What happened to the identity of clusters';

CREATE TABLE tutti.vectors
(
    epoch UInt32 COMMENT 'Epoch of clustering; views read the active one',
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    proposal_id String COMMENT 'Proposal',
    model LowCardinality(String) COMMENT 'Encoder, with its version',
    vector Array(Float32) COMMENT 'Vector of its present text, of length 1',
    version UInt64 COMMENT 'Offset of the output record: the greatest is current'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (epoch, consultation_id, proposal_id)
COMMENT 'Vectors of the proposals'' texts';

CREATE TABLE tutti.sent_vectors
(
    epoch UInt32 COMMENT 'Epoch of clustering',
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    proposal_id String COMMENT 'Proposal',
    model LowCardinality(String) COMMENT 'Encoder, with its version',
    vector String COMMENT 'float32, least byte first, in Base64',
    version UInt64 COMMENT 'Offset of the output record'
)
ENGINE = Null
COMMENT 'Where the sink inserts vectors as they were sent; keeps nothing';

CREATE MATERIALIZED VIEW tutti.vectors_of_sent TO tutti.vectors AS
SELECT
    epoch, consultation_id, proposal_id, model,
    CAST(reinterpret(base64Decode(vector), 'Array(Float32)'), 'Array(Float32)') AS vector, version
FROM tutti.sent_vectors;

CREATE TABLE tutti.cluster_progress
(
    epoch UInt32 COMMENT 'Epoch of clustering',
    consultation_id LowCardinality(String) COMMENT 'Consultation',
    offset UInt64 COMMENT 'Offset in accepted proposals: it and all before it are clustered',
    model LowCardinality(String) COMMENT 'Encoder, with its version',
    method LowCardinality(String) COMMENT 'Name and version of the rules',
    proposals UInt64 COMMENT 'Proposals in clusters',
    clusters UInt32 COMMENT 'Clusters',
    micro_clusters UInt32 COMMENT 'Micro-clusters',
    bytes UInt64 COMMENT 'Size of what is kept, bytes',
    at_ms Int64 COMMENT 'Broker time of the newest proposal, ms since 1970',
    version UInt64 COMMENT 'Offset of the output record: the greatest is current'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (epoch, consultation_id)
COMMENT 'How far clustering is, per consultation';
