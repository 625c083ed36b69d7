-- As events-to-seal.sql, once after the tables were moved to another server: looks at all of them.
SELECT e.recorded_in::text AS recorded_in,
-- include sealable-columns.sql
  FROM events e
 WHERE e.portal_id = :portal_id
   AND NOT EXISTS (SELECT FROM event_seals s WHERE s.portal_id = :portal_id AND s.event_id = e.event_id)
 ORDER BY e.at, e.event_id LIMIT :max
