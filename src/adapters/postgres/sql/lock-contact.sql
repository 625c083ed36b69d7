-- The race: verify, confirm, reset, skip, enable, erase and removal of one contact queue on its row. It is a statement of its
-- own, because a statement that waited keeps its old snapshot. The portal's lock comes after the row, as in every statement.
WITH contact AS MATERIALIZED (
  SELECT portal_id FROM contacts WHERE portal_id = :portal_id AND contact_id = :contact_id FOR NO KEY UPDATE
)
SELECT pg_advisory_xact_lock_shared(portal_lock(contact.portal_id))::text AS locked FROM contact
