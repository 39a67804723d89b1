-- The generation of clusters that is shown: the one that has come furthest, of equal ones the newest. A new one replaces the old one when it has caught up.
SELECT
    generation AS generation  -- Which calculation
FROM tutti.clustering FINAL
GROUP BY generation
ORDER BY max(offset) DESC, generation DESC
LIMIT 1
