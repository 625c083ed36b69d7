SELECT
-- include portal-columns.sql
  FROM portals p WHERE p.portal_id = :portal_id
