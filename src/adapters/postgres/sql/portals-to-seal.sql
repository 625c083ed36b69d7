-- Also lists some in which nothing can be sealed yet; missing none is what matters. LIMIT keeps it to one look at the index per portal.
SELECT p.portal_id
  FROM portals p LEFT JOIN event_chains c ON c.portal_id = p.portal_id
 CROSS JOIN LATERAL (SELECT c.seq > 0 AND c.reached_in <= pg_snapshot_xmin(pg_current_snapshot()) AS known) AS place
 CROSS JOIN LATERAL (
   SELECT e.event_id FROM events e
    WHERE e.portal_id = p.portal_id
      AND (e.recorded_in, e.event_id) > (CASE WHEN place.known THEN c.reached_in ELSE '0' END, CASE WHEN place.known THEN c.reached_id ELSE '' END)
      AND (place.known IS NOT TRUE OR e.recorded_in < pg_snapshot_xmin(pg_current_snapshot()))
    ORDER BY e.recorded_in, e.event_id LIMIT 1) AS waiting
