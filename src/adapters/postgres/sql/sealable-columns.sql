e.event_id,
-- to_char alone writes a year before Christ as that after him
CASE WHEN e.at >= '0001-01-01T00:00:00Z' AND e.at < 'infinity' THEN to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
     ELSE (e.at AT TIME ZONE 'UTC')::text END AS at, e.type, e.contact_id, e.organization_id,
e.actor::text AS actor, e.request_id, e.details::text AS details, encode(e.reason_hash, 'hex') AS reason_hash
