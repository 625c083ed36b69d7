-- Rows that a settle holds are left for the next time. The limit is no parameter, so that the planner knows how few rows it deletes.
WITH old AS MATERIALIZED (
  SELECT portal_id, code_id FROM settlements
   WHERE begun_at < (SELECT mfa_now(:clock_offset_ms) - :seconds * interval '1 second') ORDER BY begun_at LIMIT 5000 FOR UPDATE SKIP LOCKED
), pruned AS (
  DELETE FROM settlements s USING old WHERE s.portal_id = old.portal_id AND s.code_id = old.code_id RETURNING 1
)
SELECT count(*)::integer AS pruned FROM pruned
