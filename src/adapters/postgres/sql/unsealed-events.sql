WITH page AS MATERIALIZED (
  SELECT e.event_id, e.recorded_in FROM events e
   WHERE e.portal_id = :portal_id AND e.event_id > :after ORDER BY e.event_id LIMIT 500
), place AS MATERIALIZED (
  SELECT c.reached_in, c.reached_id,
-- include chain-restored.sql
  AS restored FROM event_chains c WHERE c.portal_id = :portal_id
), unsealed AS MATERIALIZED (
  SELECT p.event_id,
         -- sealing has gone past it, or its transaction is yet to come
         coalesce(NOT c.restored AND ((p.recorded_in, p.event_id) <= (c.reached_in, c.reached_id)
                                      OR p.recorded_in >= pg_snapshot_xmax(pg_current_snapshot())), false) AS inserted
    FROM page p LEFT JOIN place c ON true
   WHERE (SELECT s.seq FROM event_seals s WHERE s.portal_id = :portal_id AND s.event_id = p.event_id) IS NULL
)
SELECT (SELECT max(event_id) FROM page) AS last, count(*) FILTER (WHERE NOT inserted)::integer AS waiting,
       min(event_id) FILTER (WHERE inserted) AS inserted
  FROM unsealed
