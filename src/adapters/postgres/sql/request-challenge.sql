WITH seen AS MATERIALIZED (
-- include snapshot.sql
), target AS (
  SELECT f.factor_id, f.method FROM seen s, factors f
   WHERE f.portal_id = :portal_id AND f.contact_id = :contact_id AND f.disabled_at IS NULL
     AND s.enabled AND NOT coalesce(s.locked_until > s.now, false)
     AND f.factor_id = coalesce(:factor_id, f.factor_id)
     AND factor_counts(s.methods, s.countries, s.valid_from, f.method, f.country, f.epoch)
     AND factor_counts(s.methods, s.countries, s.valid_from, f.method, f.country, coalesce(:epoch, f.epoch))
   ORDER BY greatest(f.used_at, f.confirmed_at) DESC, f.factor_id LIMIT 1
), noted AS (
  INSERT INTO events (portal_id, event_id, at, type, contact_id, organization_id, actor, request_id, details)
  SELECT :portal_id, :event_id, s.now, :type, :contact_id, s.organization_id, :actor, :request_id,
         :details::jsonb || jsonb_build_object('factorId', t.factor_id, 'method', t.method)
    FROM seen s, target t
  RETURNING event_id
)
SELECT s.*, EXISTS (SELECT FROM noted) AS recorded FROM seen s
