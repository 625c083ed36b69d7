-- :epoch is null for a start, which may create the contact; a resend must not bring back an erased one.
WITH portal AS MATERIALIZED (
  SELECT mfa_now(:clock_offset_ms) AS now,
-- include portal-columns.sql
    FROM portals p WHERE p.portal_id = :portal_id
), known AS MATERIALIZED (     -- the race: a confirm or reset that is under way is waited for, so that the ticket is the newest
  SELECT
-- include contact-columns.sql
    FROM contacts c WHERE c.portal_id = :portal_id AND c.contact_id = :contact_id FOR NO KEY UPDATE
), created AS (
  INSERT INTO contacts AS c (portal_id, contact_id, organization_id, created_at)
  SELECT :portal_id, :contact_id, :organization_id, p.now FROM portal p
   WHERE NOT EXISTS (SELECT FROM known) AND :epoch::integer IS NULL AND p.enabled
     AND factor_counts(p.methods, p.countries, p.valid_from, :method, :country, p.epoch)
  ON CONFLICT (portal_id, contact_id) DO UPDATE SET organization_id = c.organization_id
  RETURNING
-- include contact-columns.sql
), contact AS MATERIALIZED (
  SELECT * FROM known UNION ALL SELECT * FROM created
), counting AS MATERIALIZED (
  SELECT f.disabled_at,
         f.method = :proved_method AND factor_counts(p.methods, p.countries, p.valid_from, f.method, f.country, :proved_epoch) AS proved
    FROM portal p, factors f
   WHERE f.portal_id = :portal_id AND f.contact_id = :contact_id
     AND factor_counts(p.methods, p.countries, p.valid_from, f.method, f.country, f.epoch)
), noted AS (
  INSERT INTO events (portal_id, event_id, at, type, contact_id, organization_id, actor, request_id, details)
  SELECT :portal_id, :event_id, p.now, :type, :contact_id, c.organization_id, :actor, :request_id, :details
    FROM portal p, contact c
   WHERE p.enabled AND c.organization_id = :organization_id AND NOT coalesce(c.locked_until > p.now, false)
     AND factor_counts(p.methods, p.countries, p.valid_from, :method, :country, coalesce(:epoch, p.epoch))
     AND (:epoch::integer IS NULL OR c.ticket::text = :ticket)
     -- an enrolled contact needs a step-up that still counts, and a factor that is not disabled: the hard cap never opens enrollment
     AND (NOT EXISTS (SELECT FROM counting)
          OR EXISTS (SELECT FROM counting WHERE disabled_at IS NULL)
             AND EXISTS (SELECT FROM counting WHERE proved) AND c.ticket::text = :ticket)
  RETURNING event_id
)
SELECT p.*,
-- include contact-columns.sql
,
-- include factors-of-contact.sql
, EXISTS (SELECT FROM noted) AS recorded
  FROM portal p LEFT JOIN contact c ON true
