-- The life of people (placeholder, replaced when the branches are joined).
SELECT 1;
