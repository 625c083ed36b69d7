WITH last_cut AS MATERIALIZED (
  SELECT coalesce(max(seq), 0) AS seq FROM event_checkpoints WHERE portal_id = :portal_id
), kept AS MATERIALIZED (
  SELECT
-- include kept-from.sql
  AS since
), oldest AS MATERIALIZED (
  SELECT s.seq, s.event_id, s.hash, row_number() OVER (ORDER BY s.seq) AS place,
         (SELECT e.at FROM events e WHERE e.portal_id = :portal_id AND e.event_id = s.event_id) AS at
    FROM event_seals s WHERE s.portal_id = :portal_id ORDER BY s.seq LIMIT :max
), gone AS MATERIALIZED (        -- up to what stays, or a hole: retention must not wash away what somebody did
  SELECT judged.seq, judged.event_id, judged.hash
    FROM (SELECT o.*, bool_and(coalesce(o.at < kept.since, false) AND o.seq = last_cut.seq + o.place) OVER (ORDER BY o.seq) AS goes
            FROM oldest o, kept, last_cut) AS judged
   WHERE judged.goes
), events_gone AS (
  DELETE FROM events WHERE portal_id = :portal_id AND event_id = ANY (ARRAY(SELECT event_id FROM gone))
), reasons_gone AS (
  DELETE FROM event_reasons WHERE portal_id = :portal_id AND event_id = ANY (ARRAY(SELECT event_id FROM gone))
), seals_gone AS (
  DELETE FROM event_seals WHERE portal_id = :portal_id AND seq = ANY (ARRAY(SELECT seq FROM gone))
), checkpoint AS (
  INSERT INTO event_checkpoints (portal_id, seq, hash, kept_from, cut_at)
  SELECT :portal_id, g.seq, g.hash, kept.since, mfa_now(:clock_offset_ms) FROM gone g, kept ORDER BY g.seq DESC LIMIT 1
)
SELECT count(*)::integer AS pruned FROM gone
