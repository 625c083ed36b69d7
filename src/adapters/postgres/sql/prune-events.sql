WITH last_cut AS MATERIALIZED (
  SELECT coalesce(max(seq), 0) AS seq FROM event_checkpoints WHERE portal_id = :portal_id
), kept AS MATERIALIZED (
  SELECT
-- include kept-from.sql
  AS since
), oldest AS MATERIALIZED (
  SELECT s.seq, s.event_id, s.hash,
         -- a hole stays where it is: retention must not wash away what somebody did
         coalesce(e.at < kept.since, false) AND s.seq = last_cut.seq + row_number() OVER (ORDER BY s.seq) AS goes
    FROM last_cut CROSS JOIN kept CROSS JOIN event_seals s
    LEFT JOIN events e ON e.portal_id = :portal_id AND e.event_id = s.event_id
   WHERE s.portal_id = :portal_id
   ORDER BY s.seq LIMIT :max
), gone AS MATERIALIZED (
  SELECT seq, event_id, hash FROM (SELECT o.*, bool_and(o.goes) OVER (ORDER BY o.seq) AS all_go FROM oldest o) AS o WHERE o.all_go
), events_gone AS (
  DELETE FROM events e USING gone g WHERE e.portal_id = :portal_id AND e.event_id = g.event_id
), reasons_gone AS (
  DELETE FROM event_reasons r USING gone g WHERE r.portal_id = :portal_id AND r.event_id = g.event_id
), seals_gone AS (
  DELETE FROM event_seals s USING gone g WHERE s.portal_id = :portal_id AND s.seq = g.seq
), checkpoint AS (
  INSERT INTO event_checkpoints (portal_id, seq, hash, kept_from, cut_at)
  SELECT :portal_id, g.seq, g.hash, kept.since, mfa_now(:clock_offset_ms) FROM gone g, kept ORDER BY g.seq DESC LIMIT 1
)
SELECT count(*)::integer AS pruned FROM gone
