WITH page AS MATERIALIZED (
  SELECT e.event_id, e.recorded_in, e.at, count(*) OVER (PARTITION BY e.event_id) AS copies FROM events e
   WHERE e.portal_id = :portal_id AND (:after::text IS NULL OR e.event_id > :after) ORDER BY e.event_id LIMIT 500
), sought AS MATERIALIZED (
  SELECT p.*, (SELECT s.seq FROM event_seals s WHERE s.portal_id = :portal_id AND s.event_id = p.event_id) AS seq FROM page p
), cut AS MATERIALIZED (
  SELECT coalesce(max(seq), 0) AS seq FROM event_checkpoints WHERE portal_id = :portal_id
), place AS MATERIALIZED (
  SELECT c.reached_in, c.reached_id,
-- include chain-restored.sql
  AS restored FROM event_chains c WHERE c.portal_id = :portal_id
), unsealed AS MATERIALIZED (
  SELECT e.event_id,
         -- its seal lies before the cut, where nobody looks; its keys were dropped; it would have been sealed long ago
         e.seq IS NOT NULL OR e.copies > 1 OR e.recorded_in IS NULL OR e.at < :not_before::timestamptz
         -- sealing has gone past it, or its transaction is yet to come
         OR coalesce(NOT c.restored AND ((e.recorded_in, e.event_id) <= (c.reached_in, c.reached_id)
                                         OR e.recorded_in >= pg_snapshot_xmax(pg_current_snapshot())), false) AS inserted
    FROM sought e CROSS JOIN cut LEFT JOIN place c ON true
   WHERE (e.seq > cut.seq) IS NOT TRUE OR e.copies > 1
)
SELECT (SELECT max(event_id) FROM page) AS last, count(*) FILTER (WHERE NOT inserted)::integer AS waiting,
       min(event_id) FILTER (WHERE inserted) AS inserted
  FROM unsealed
