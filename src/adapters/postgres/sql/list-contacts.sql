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
    FROM (SELECT * FROM contacts
           WHERE portal_id = :portal_id AND contact_id > :after ORDER BY contact_id LIMIT :examined) AS c
   WHERE :status::text IS NULL OR :status =
-- include contact-status.sql
   ORDER BY c.contact_id LIMIT :limit) AS page) AS contacts,
       (SELECT contact_id FROM contacts
         WHERE portal_id = :portal_id AND contact_id > :after ORDER BY contact_id OFFSET :examined - 1 LIMIT 1) AS examined_to
  FROM portal p
