SELECT c.portal_id
  FROM event_chains c
 CROSS JOIN LATERAL (
   SELECT e.at FROM event_seals s JOIN events e ON e.portal_id = c.portal_id AND e.event_id = s.event_id
    WHERE s.portal_id = c.portal_id ORDER BY s.seq LIMIT 1) AS oldest
 WHERE oldest.at <
-- include kept-from.sql
