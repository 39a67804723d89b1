-- Themes: the clusters of a consultation, joined until they are few enough to read them all. They are
-- made from the texts of accepted proposals alone: no vote has a part in them.
SELECT
    clusters.consultation_id AS consultation_id,  -- Consultation
    clusters.theme_id AS theme_id,  -- Theme
    any(clusters.theme_terms) AS terms,  -- Words that set it apart from the other themes, best first; empty: its proposals share none
    sum(clusters.size) AS size,  -- Accepted proposals in it
    count() AS clusters,  -- Clusters in it
    sum(clusters.votes) AS votes,  -- Published ballots on its proposals, trusted series
    $theme_method AS method  -- Name and version of the rule
FROM open.clusters AS clusters
WHERE clusters.theme_id != ''
GROUP BY clusters.consultation_id, clusters.theme_id
