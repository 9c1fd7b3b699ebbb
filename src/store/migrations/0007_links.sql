-- Brought by another branch: links.
SELECT 1;
