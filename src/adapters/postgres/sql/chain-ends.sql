SELECT coalesce(b.seq, 0)::text AS begin_seq, encode(b.hash, 'hex') AS begin_hash, b.kept_from,
       coalesce(c.seq, 0)::text AS head_seq, encode(c.hash, 'hex') AS head_hash
  FROM (SELECT :portal_id::text AS portal_id) AS p
  LEFT JOIN event_chains c ON c.portal_id = :portal_id
  LEFT JOIN LATERAL (SELECT seq, hash, to_char(kept_from AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS kept_from FROM event_checkpoints
                      WHERE portal_id = :portal_id ORDER BY seq DESC LIMIT 1) AS b ON true
