INSERT INTO event_chains (portal_id) VALUES (:portal_id) ON CONFLICT (portal_id) DO NOTHING
