contact AS MATERIALIZED (      -- the race: verify, confirm, reset, skip, enable, erase and removal of one contact queue on this row
  SELECT c.portal_id, c.organization_id, c.ticket, c.failures, c.locked_until FROM contacts c
   WHERE c.portal_id = :portal_id AND c.contact_id = :contact_id FOR NO KEY UPDATE
), portal AS MATERIALIZED (    -- the race: settings that change. Whoever changes them waits for us, or we for them; the row lock then reads what they wrote
  SELECT p.enabled, p.methods, p.countries, p.valid_from, p.epoch
    FROM contact c, LATERAL (SELECT pg_advisory_xact_lock_shared(portal_lock(c.portal_id))) AS turn, portals p
   WHERE p.portal_id = :portal_id FOR SHARE OF p
)
