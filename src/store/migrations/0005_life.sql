-- Brought by another branch: life.
SELECT 1;
