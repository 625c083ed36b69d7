SELECT
-- include portal-columns.sql
  FROM portals p WHERE p.portal_id > :after ORDER BY p.portal_id LIMIT :limit
