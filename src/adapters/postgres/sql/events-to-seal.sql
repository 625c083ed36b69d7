-- The race: an event that is committed late. Its transaction was still running, so none from there on has been looked at.
-- Some may be sealed already where rows of another server lie among ours.
SELECT e.recorded_in::text AS recorded_in,
       (SELECT s.seq FROM event_seals s WHERE s.portal_id = :portal_id AND s.event_id = e.event_id) IS NOT NULL AS sealed,
-- include sealable-columns.sql
  FROM events e
 WHERE e.portal_id = :portal_id
   AND (e.recorded_in, e.event_id) > (:after_in::xid8, :after_id) AND e.recorded_in < :below::xid8
 ORDER BY e.recorded_in, e.event_id LIMIT :max
