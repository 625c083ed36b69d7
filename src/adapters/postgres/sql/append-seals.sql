WITH sealed AS (
  INSERT INTO event_seals (portal_id, seq, event_id, hash, sealed_at)
  SELECT :portal_id, :seq::bigint + s.place, s.event_id, decode(s.hash, 'hex'), :sealed_at::timestamptz
    FROM unnest(:event_ids::text[], :hashes::text[]) WITH ORDINALITY AS s (event_id, hash, place)
)
UPDATE event_chains SET seq = :seq::bigint + cardinality(:event_ids::text[]), hash = decode(:hash, 'hex'),
       reached_in = :reached_in::xid8, reached_id = :reached_id
 WHERE portal_id = :portal_id
