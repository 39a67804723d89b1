-- When `open` was renewed: the only moments at which a number in it changes.
SELECT
    tick AS tick  -- Tick of the publication
FROM tutti.open_publications
GROUP BY tick
