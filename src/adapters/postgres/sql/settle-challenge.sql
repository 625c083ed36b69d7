WITH
-- include judged-under.sql
, factor AS MATERIALIZED (
  SELECT f.slot, f.method, f.country, f.epoch, f.failures, f.failed_at, f.disabled_at FROM contact c, factors f
   WHERE f.portal_id = c.portal_id AND f.portal_id = :portal_id AND f.contact_id = :contact_id AND f.factor_id = :factor_id
     FOR NO KEY UPDATE OF f
), judged AS MATERIALIZED (    -- the clock is read after the wait for the locks
  SELECT mfa_now(:clock_offset_ms) AS now, c.organization_id, c.ticket, c.ticket AS next_ticket, c.failures, c.locked_until, p.*,
         f.slot, f.method, f.country, f.epoch AS factor_epoch, f.failures AS factor_failures, f.failed_at, f.disabled_at
    FROM contact c CROSS JOIN portal p LEFT JOIN factor f ON true
), counted AS MATERIALIZED (   -- what this failure would make of the counts
  SELECT j.*, NOT :right AND (j.failures + 1) % :failures_per_lock = 0 AS locks, j.factor_failures + 1 AS in_a_row,
         (SELECT count(*)::integer + 1 FROM unnest(j.failed_at) AS t WHERE t > j.now - :window_seconds * interval '1 second') AS in_window
    FROM judged j
), gate AS MATERIALIZED (
  SELECT c.*, r.void,
         CASE WHEN r.void IS NOT NULL THEN r.void
              WHEN c.disabled_at IS NOT NULL THEN 'disabled' WHEN c.locked_until > c.now THEN 'locked' ELSE 'open' END AS state,
         CASE WHEN :right THEN 'verified'
              WHEN c.in_a_row >= :factor_failures_max OR c.in_window >= :window_failures_max THEN 'disabled'
              WHEN c.locks THEN 'locked' ELSE 'incorrect' END AS would_be
    FROM counted c CROSS JOIN LATERAL (SELECT
         CASE WHEN NOT c.enabled THEN 'mfa_disabled' WHEN :method <> ALL (c.methods) THEN 'method_not_allowed'
              WHEN c.slot IS NULL
                OR NOT factor_counts(c.methods, c.countries, c.valid_from, c.method, c.country, c.factor_epoch)
                OR NOT factor_counts(c.methods, c.countries, c.valid_from, c.method, c.country, :epoch) THEN 'cancelled' END AS void) AS r
),
-- include settled.sql
, charged_contact AS (
  UPDATE contacts t SET failures = CASE WHEN :right THEN 0 ELSE t.failures + 1 END,
         locked_until = CASE WHEN v.locks THEN v.now + :lock_seconds * interval '1 second' END
    FROM verdict v
   WHERE t.portal_id = :portal_id AND t.contact_id = :contact_id AND v.charged
     AND (NOT :right OR v.failures > 0 OR v.locked_until IS NOT NULL)
  RETURNING t.locked_until
), charged_factor AS (
  UPDATE factors t SET failures = CASE WHEN :right THEN 0 ELSE t.failures + 1 END,
         failed_at = CASE WHEN :right THEN t.failed_at ELSE
           ARRAY(SELECT f FROM unnest(t.failed_at) AS f WHERE f > v.now - :window_seconds * interval '1 second') || v.now END,
         used_at = CASE WHEN :right THEN v.now ELSE t.used_at END,
         disabled_at = CASE WHEN v.outcome = 'disabled' THEN v.now END
    FROM verdict v WHERE t.portal_id = :portal_id AND t.contact_id = :contact_id AND t.slot = v.slot AND v.charged
), noted AS (
  INSERT INTO events (portal_id, event_id, at, type, contact_id, organization_id, actor, request_id, details)
  SELECT :portal_id, e.event_id, v.now, e.type, :contact_id, v.organization_id, :actor, :request_id, :details::jsonb || e.details
    FROM verdict v CROSS JOIN LATERAL (VALUES
      (:event_id, 'challenge.verified', '{}'::jsonb, :right::boolean),
      (:event_id, 'challenge.failed', jsonb_build_object('attemptsLeft', v.attempts_left), NOT :right),
      (:lock_event_id, 'contact.locked', jsonb_build_object('failures', v.failures + 1, 'seconds', :lock_seconds::integer), v.locks),
      (:disable_event_id, 'factor.disabled', jsonb_build_object('failuresInRow', v.in_a_row, 'failuresInWindow', v.in_window), v.outcome = 'disabled')
    ) AS e (event_id, type, details, happened)
   WHERE v.charged AND e.happened
)
-- include told.sql
