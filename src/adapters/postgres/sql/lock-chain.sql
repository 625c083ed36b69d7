-- The race: instances that seal or prune the same portal; the first does it, the others go on. No request ever locks this row.
SELECT c.seq::text AS seq, encode(c.hash, 'hex') AS hash, c.reached_in::text AS reached_in, c.reached_id,
       pg_snapshot_xmin(pg_current_snapshot())::text AS complete_below,
       to_char(mfa_now(:clock_offset_ms) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS now,
-- include chain-restored.sql
AS restored
  FROM event_chains c WHERE c.portal_id = :portal_id FOR NO KEY UPDATE SKIP LOCKED
