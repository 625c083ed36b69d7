e.event_id, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, e.type, e.contact_id, e.organization_id,
e.actor::text AS actor, e.request_id, e.details::text AS details, encode(e.reason_hash, 'hex') AS reason_hash
