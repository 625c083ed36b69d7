WITH before AS MATERIALIZED (   -- the race: two logins that name two organizations queue here, so that each event tells the true one before
  SELECT organization_id FROM contacts
   WHERE portal_id = :portal_id AND contact_id = :contact_id AND organization_id <> :organization_id FOR NO KEY UPDATE
), moved AS (
  UPDATE contacts c SET organization_id = :organization_id FROM before
   WHERE c.portal_id = :portal_id AND c.contact_id = :contact_id
  RETURNING
-- include contact-columns.sql
), noted AS (
  INSERT INTO events (portal_id, event_id, at, type, contact_id, organization_id, actor, request_id, details)
  SELECT :portal_id, :event_id, mfa_now(:clock_offset_ms), 'contact.moved', :contact_id, :organization_id, :actor, :request_id,
         jsonb_build_object('from', before.organization_id)
    FROM before
), known AS (
  SELECT * FROM moved
  UNION ALL
  SELECT
-- include contact-columns.sql
    FROM contacts c WHERE c.portal_id = :portal_id AND c.contact_id = :contact_id AND NOT EXISTS (SELECT FROM moved)
)
SELECT mfa_now(:clock_offset_ms) AS now,
-- include portal-columns.sql
,
-- include contact-columns.sql
,
-- include factors-of-contact.sql
  FROM portals p LEFT JOIN known c ON true
 WHERE p.portal_id = :portal_id
