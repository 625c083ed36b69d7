SELECT c.portal_id
  FROM event_chains c
 CROSS JOIN LATERAL (
   SELECT (SELECT e.at FROM events e WHERE e.portal_id = c.portal_id AND e.event_id = s.event_id) AS at
     FROM event_seals s WHERE s.portal_id = c.portal_id ORDER BY s.seq LIMIT 1) AS oldest
 WHERE oldest.at <
-- include kept-from.sql
