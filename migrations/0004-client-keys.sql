-- Public keys with which an API client signs access tokens itself (a JWK set of public members).
ALTER TABLE api_clients
  ADD COLUMN jwks jsonb NOT NULL DEFAULT '{"keys": []}',
  -- Null: it has never had any.
  ADD COLUMN keys_changed_at timestamptz;
CREATE INDEX api_clients_keys_changed_at ON api_clients (keys_changed_at) WHERE keys_changed_at IS NOT NULL;
