-- Brought by another branch: rules.
SELECT 1;
