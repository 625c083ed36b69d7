-- The race: an event that is committed late. Its transaction was still running, so none from there on has been sealed.
SELECT e.recorded_in::text AS recorded_in,
-- include sealable-columns.sql
  FROM events e
 WHERE e.portal_id = :portal_id
   AND (e.recorded_in, e.event_id) > (:reached_in::xid8, :reached_id) AND e.recorded_in < :complete_below::xid8
   -- needed only where rows of another server lie among ours
   AND NOT EXISTS (SELECT FROM event_seals s WHERE s.portal_id = :portal_id AND s.event_id = e.event_id)
 ORDER BY e.recorded_in, e.event_id LIMIT :max
