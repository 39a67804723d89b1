-- How many checks differ, of all consultations.
SELECT countIf(verdict = 'different') AS different, count() AS checks
FROM marts.reconciliation
