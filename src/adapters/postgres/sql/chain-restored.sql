-- Transactions were counted further than this server has come: the tables were moved to it, so where sealing stopped says nothing here.
(c.reached_in > pg_snapshot_xmin(pg_current_snapshot())
 OR c.seq = 0 AND EXISTS (SELECT FROM events r WHERE r.portal_id = :portal_id AND r.recorded_in >= pg_snapshot_xmax(pg_current_snapshot())))
