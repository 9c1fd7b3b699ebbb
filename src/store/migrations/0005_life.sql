-- The life cycle's tables come here.
SELECT 1;
