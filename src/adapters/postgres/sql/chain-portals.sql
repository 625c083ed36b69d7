SELECT portal_id FROM (SELECT portal_id FROM portals UNION SELECT portal_id FROM event_chains) AS every
 WHERE portal_id > :after ORDER BY portal_id LIMIT 500
