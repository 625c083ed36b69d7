WITH portal AS MATERIALIZED (
  SELECT mfa_now(:clock_offset_ms) AS now,
-- include portal-columns.sql
    FROM portals p WHERE p.portal_id = :portal_id
)
SELECT p.*, (SELECT json_agg(page) FROM (
  SELECT
-- include contact-columns.sql
,
-- include factors-of-contact.sql
    FROM contacts c
   WHERE c.portal_id = :portal_id AND c.contact_id > :after
     AND (:status::text IS NULL OR :status =
-- include contact-status.sql
     )
   ORDER BY c.contact_id LIMIT :limit) AS page) AS contacts
  FROM portal p
