-- When `open` was renewed: the only moments at which a number in it changes. A minute in which too
-- few people voted for anything to be published is none of them.
SELECT
    tick AS tick  -- Tick of the publication
FROM tutti.open_publications
WHERE toUnixTimestamp64Milli(open_publications.tick) > 0
GROUP BY tick
