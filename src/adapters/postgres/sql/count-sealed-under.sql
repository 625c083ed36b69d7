SELECT count(*)::integer AS count FROM (SELECT
-- include sealed-under.sql
) AS counted
