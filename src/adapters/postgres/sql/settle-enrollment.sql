WITH
-- include judged-under.sql
, proof AS MATERIALIZED (      -- the race: a removal that we waited for. The row lock finds gone what our snapshot still has
  SELECT f.method, f.country, f.epoch FROM contact c, factors f
   WHERE f.portal_id = c.portal_id AND f.portal_id = :portal_id AND f.contact_id = :contact_id AND f.method = :proved_method
     FOR NO KEY UPDATE OF f
), judged AS MATERIALIZED (     -- the clock is read after the wait for the locks
  SELECT mfa_now(:clock_offset_ms) AS now, c.organization_id, c.ticket, draw_ticket() AS next_ticket, c.failures, c.locked_until, p.*
    FROM contact c CROSS JOIN portal p
), gate AS MATERIALIZED (      -- a confirm that we waited for has redrawn the ticket, so a factor of it that our snapshot lacks cannot matter
  SELECT j.*, l.locks, r.void,
         CASE WHEN j.ticket::text <> :ticket THEN 'cancelled' WHEN r.void IS NOT NULL THEN r.void
              WHEN EXISTS (
                SELECT FROM factors f WHERE f.portal_id = :portal_id AND f.contact_id = :contact_id
                   AND factor_counts(j.methods, j.countries, j.valid_from, f.method, f.country, f.epoch))
               AND NOT EXISTS (
                SELECT FROM proof f WHERE factor_counts(j.methods, j.countries, j.valid_from, f.method, f.country, f.epoch)
                   AND factor_counts(j.methods, j.countries, j.valid_from, f.method, f.country, :proved_epoch)) THEN 'step_up_required'
              WHEN j.locked_until > j.now THEN 'locked' ELSE 'open' END AS state,
         CASE WHEN :right THEN 'verified' WHEN l.locks THEN 'locked' ELSE 'incorrect' END AS would_be
    FROM judged j CROSS JOIN LATERAL (SELECT NOT :right AND (j.failures + 1) % :failures_per_lock = 0 AS locks) AS l CROSS JOIN LATERAL (SELECT
         CASE WHEN NOT j.enabled THEN 'mfa_disabled' WHEN :method <> ALL (j.methods) THEN 'method_not_allowed'
              WHEN NOT factor_counts(j.methods, j.countries, j.valid_from, :method, :country, :epoch) THEN 'cancelled' END AS void) AS r
),
-- include settled.sql
, charged_contact AS (
  UPDATE contacts t SET failures = CASE WHEN :right THEN 0 ELSE t.failures + 1 END,
         locked_until = CASE WHEN v.locks THEN v.now + :lock_seconds * interval '1 second' END,
         ticket = CASE WHEN :right THEN v.next_ticket ELSE t.ticket END,
         skipped_at = CASE WHEN :right THEN NULL ELSE t.skipped_at END, skip_epoch = CASE WHEN :right THEN NULL ELSE t.skip_epoch END,
         reset_at = CASE WHEN :right THEN NULL ELSE t.reset_at END
    FROM verdict v WHERE t.portal_id = :portal_id AND t.contact_id = :contact_id AND v.charged
  RETURNING t.locked_until
), void_factors AS (
  DELETE FROM factors f USING verdict v
   WHERE f.portal_id = :portal_id AND f.contact_id = :contact_id AND v.charged AND :right AND f.slot <> :method
     AND NOT factor_counts(v.methods, v.countries, v.valid_from, f.method, f.country, f.epoch)
), made AS (
  INSERT INTO factors AS f (portal_id, contact_id, slot, factor_id, method, country, epoch, secret_sealed, destination_masked, confirmed_at)
  SELECT :portal_id, :contact_id, :method, :factor_id, :method, :country, :epoch, :secret_sealed, :destination_masked, v.now
    FROM verdict v WHERE v.charged AND :right
  ON CONFLICT (portal_id, contact_id, slot) DO UPDATE SET factor_id = excluded.factor_id, method = excluded.method, country = excluded.country,
         epoch = excluded.epoch, secret_sealed = excluded.secret_sealed, destination_masked = excluded.destination_masked,
         failures = 0, failed_at = '{}', disabled_at = NULL, confirmed_at = excluded.confirmed_at, used_at = NULL
), noted AS (
  INSERT INTO events (portal_id, event_id, at, type, contact_id, organization_id, actor, request_id, details)
  SELECT :portal_id, e.event_id, v.now, e.type, :contact_id, v.organization_id, :actor, :request_id, :details::jsonb || e.details
    FROM verdict v CROSS JOIN LATERAL (VALUES
      (:event_id, 'enrollment.confirmed', '{}'::jsonb, :right::boolean),
      (:event_id, 'enrollment.failed', jsonb_build_object('attemptsLeft', v.attempts_left), NOT :right),
      (:lock_event_id, 'contact.locked', jsonb_build_object('failures', v.failures + 1, 'seconds', :lock_seconds::integer), v.locks)
    ) AS e (event_id, type, details, happened)
   WHERE v.charged AND e.happened
)
-- include told.sql
