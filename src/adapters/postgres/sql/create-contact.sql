-- As lock-contact.sql, but creates the row if it is missing. DO UPDATE and not DO NOTHING: it waits for and locks what another call has just created.
WITH contact AS (
  INSERT INTO contacts AS c (portal_id, contact_id, organization_id, created_at)
  VALUES (:portal_id, :contact_id, :organization_id, mfa_now(:clock_offset_ms))
  ON CONFLICT (portal_id, contact_id) DO UPDATE SET organization_id = c.organization_id
  RETURNING portal_id
)
SELECT pg_advisory_xact_lock_shared(portal_lock(contact.portal_id))::text AS locked FROM contact
