-- Small functions that statements share. All can be inlined by the planner; a property test pins them to the domain's rules.

-- The database's clock; the offset is 0 but in tests.
CREATE FUNCTION mfa_now(offset_ms double precision) RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT clock_timestamp() + offset_ms * interval '1 millisecond'
$$;

-- domain/contact.ts, methodCounts: whether something of this method, country and epoch still counts.
CREATE FUNCTION factor_counts(
  methods text[], countries text[], valid_from jsonb, method text, country text, epoch integer
) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT method = ANY (methods)
     AND epoch >= coalesce((valid_from -> 'methods' ->> method)::integer, 0)
     AND (country IS NULL
          OR country = ANY (countries) AND epoch >= coalesce((valid_from -> 'countries' ->> country)::integer, 0))
$$;

-- domain/skip.ts, validSkip. Days are of 24 hours, whatever the session's time zone.
CREATE FUNCTION skip_counts(
  settings jsonb, valid_from jsonb, skipped_at timestamptz, skip_epoch integer, at timestamptz
) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT coalesce(
    skip_epoch >= (valid_from ->> 'enabled')::integer
    AND (settings -> 'optOut' ->> 'allowed')::boolean
    AND at < coalesce((settings -> 'optOut' ->> 'endsAt')::timestamptz, 'infinity')
    AND at < coalesce(skipped_at + (settings -> 'optOut' ->> 'rememberDays')::integer * interval '24 hours', 'infinity')
    AND skipped_at IS NOT NULL, false)
$$;

-- The advisory lock of a portal's settings: whoever judges by them holds it shared, whoever changes them holds it alone.
CREATE FUNCTION portal_lock(portal_id text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT hashtextextended(portal_id, 7153)
$$;
