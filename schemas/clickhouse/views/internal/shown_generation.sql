-- The epoch of clusters that is shown: the one that has come furthest, of equal ones the newest. A new one replaces the old one when it has caught up.
SELECT
    epoch AS epoch  -- Which calculation
FROM tutti.clustering FINAL
GROUP BY epoch
ORDER BY max(offset) DESC, epoch DESC
LIMIT 1
