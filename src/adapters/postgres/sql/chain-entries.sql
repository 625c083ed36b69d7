WITH page AS MATERIALIZED (
  SELECT s.seq, s.hash, s.event_id, s.sealed_at FROM event_seals s
   WHERE s.portal_id = :portal_id AND s.seq > :after_seq::bigint ORDER BY s.seq LIMIT 500
)
SELECT s.seq::text AS seq, encode(s.hash, 'hex') AS hash, s.event_id AS sealed_event_id,
       CASE WHEN s.sealed_at >= '0001-01-01T00:00:00Z' AND s.sealed_at < 'infinity' THEN to_char(s.sealed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            ELSE (s.sealed_at AT TIME ZONE 'UTC')::text END AS sealed_at,
       s.seq > coalesce((SELECT c.seq FROM event_chains c WHERE c.portal_id = :portal_id), 0) AS beyond_head,
       coalesce(r.intact, e.reason_hash IS NULL OR erased.at IS NOT NULL) AS reason_intact,
-- include sealable-columns.sql
  FROM page s
  LEFT JOIN LATERAL (SELECT * FROM events WHERE portal_id = :portal_id AND event_id = s.event_id LIMIT 1) AS e ON true
  LEFT JOIN LATERAL (
    SELECT bool_and(reason_hash(salt, reason) IS NOT DISTINCT FROM e.reason_hash) AS intact
      FROM event_reasons WHERE portal_id = :portal_id AND event_id = s.event_id) AS r ON true
  LEFT JOIN LATERAL (
    SELECT at FROM events WHERE e.reason_hash IS NOT NULL AND portal_id = :portal_id AND contact_id = e.contact_id
                            AND type = 'contact.erased' AND at >= e.at LIMIT 1) AS erased ON true
 ORDER BY s.seq
