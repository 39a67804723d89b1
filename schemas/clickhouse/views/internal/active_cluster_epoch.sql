-- The epoch of clusters that is active: the one that has come furthest, of equal ones the newest. A new one replaces the old one when it has caught up.
SELECT
    epoch AS epoch  -- Epoch of clustering
FROM tutti.cluster_progress FINAL
GROUP BY epoch
ORDER BY max(offset) DESC, epoch DESC
LIMIT 1
