SELECT mfa_now(:clock_offset_ms) AS now,
-- include portal-columns.sql
,
-- include contact-columns.sql
,
-- include factors-of-contact.sql
  FROM portals p LEFT JOIN contacts c ON c.portal_id = :portal_id AND c.contact_id = :contact_id
 WHERE p.portal_id = :portal_id
