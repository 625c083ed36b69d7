-- The race: instances that seal or prune the same portal; the first does it, the others go on. No request ever locks this row.
SELECT c.portal_id FROM event_chains c WHERE c.portal_id = :portal_id FOR NO KEY UPDATE SKIP LOCKED
