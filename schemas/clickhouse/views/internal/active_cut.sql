-- The newest consistent cut of the active epoch.
SELECT
    epoch AS epoch,  -- Epoch of counting
    counted AS counted,  -- Partition of accepted votes -> votes wholly counted
    positions AS positions,  -- topic/partition -> done by the sink
    quiescent AS quiescent,  -- 1: nothing was on its way
    as_of AS as_of,  -- Broker time of the newest vote counted
    written_at AS written_at  -- When the sink took the cut
FROM tutti.cuts FINAL
WHERE epoch = (SELECT max(epoch) FROM tutti.epochs)
