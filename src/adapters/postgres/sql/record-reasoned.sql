-- An event with a reason, which goes where an erasure can delete it; the event keeps its salted hash.
WITH reasoned AS (
  INSERT INTO event_reasons (portal_id, event_id, contact_id, reason, salt)
  VALUES (:portal_id, :event_id, :contact_id, :reason, gen_random_uuid())
  RETURNING salt, reason
)
INSERT INTO events (portal_id, event_id, at, type, contact_id, organization_id, actor, request_id, details, reason_hash)
SELECT :portal_id, :event_id, mfa_now(:clock_offset_ms), :type, :contact_id, :organization_id, :actor, :request_id, :details,
       reason_hash(r.salt, r.reason)
  FROM reasoned r
