-- The newest consistent cut at the end of the last whole minute not after `at`, of the epoch that
-- was active then.
SELECT
    epoch AS epoch,  -- Epoch of counting
    counted AS counted,  -- Partition of accepted votes -> votes wholly counted
    positions AS positions,  -- topic/partition -> done by the sink
    quiescent AS quiescent,  -- 1: nothing was on its way
    as_of AS as_of,  -- Broker time of the newest vote counted
    written_at AS written_at  -- When the sink took the cut
FROM tutti.cuts_history
WHERE epoch = (SELECT epoch FROM tutti.active_epoch_at(at = $at)) AND minute < $at_minute
ORDER BY number DESC
LIMIT 1
