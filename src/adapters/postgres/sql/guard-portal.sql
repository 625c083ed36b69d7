-- The race: of several instances that see the same attack one finds the portal unguarded. Comes after lock-portal.sql.
WITH before AS MATERIALIZED (
  SELECT p.guarded_until, mfa_now(:clock_offset_ms) AS now FROM portals p WHERE p.portal_id = :portal_id
)
UPDATE portals p SET guarded_until = before.now + :seconds * interval '1 second'
  FROM before WHERE p.portal_id = :portal_id
RETURNING coalesce(before.guarded_until <= before.now, true) AS begun
