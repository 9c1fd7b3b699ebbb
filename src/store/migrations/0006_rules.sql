-- Rules of assignment (placeholder, replaced when the branches are joined).
SELECT 1;
