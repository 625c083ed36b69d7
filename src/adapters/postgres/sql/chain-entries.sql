SELECT s.seq::text AS seq, encode(s.hash, 'hex') AS hash, s.event_id AS sealed_event_id,
       to_char(s.sealed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS sealed_at,
       s.seq > coalesce((SELECT c.seq FROM event_chains c WHERE c.portal_id = :portal_id), 0) AS beyond_head,
       CASE WHEN r.event_id IS NOT NULL THEN reason_hash(r.salt, r.reason) IS NOT DISTINCT FROM e.reason_hash
            ELSE e.reason_hash IS NULL OR EXISTS (
              SELECT FROM events x WHERE x.portal_id = :portal_id AND x.contact_id = e.contact_id AND x.type = 'contact.erased' AND x.at >= e.at)
       END AS reason_intact,
-- include sealable-columns.sql
  FROM event_seals s
  LEFT JOIN events e ON e.portal_id = :portal_id AND e.event_id = s.event_id
  LEFT JOIN event_reasons r ON r.portal_id = :portal_id AND r.event_id = s.event_id
 WHERE s.portal_id = :portal_id AND s.seq > :after_seq::bigint
 ORDER BY s.seq LIMIT :max
