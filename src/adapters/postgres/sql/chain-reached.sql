-- A statement of its own, after the lock: with an older snapshot than that of the instance before us, its chain would look restored.
SELECT c.seq::text AS seq, encode(c.hash, 'hex') AS hash, c.reached_in::text AS reached_in, c.reached_id,
       pg_snapshot_xmin(pg_current_snapshot())::text AS complete_below,
       to_char(mfa_now(:clock_offset_ms) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS now,
-- include chain-restored.sql
AS restored
  FROM event_chains c WHERE c.portal_id = :portal_id
