-- Lists that are filtered or sorted by something read each page off an index, however much else there is.
-- Writes wait while an index is made. Where there are millions of events, make it beforehand, while everything goes on (and
-- drop it and start again if that breaks off): CREATE INDEX CONCURRENTLY IF NOT EXISTS …
CREATE INDEX IF NOT EXISTS events_type ON events (portal_id, type, at DESC, event_id DESC);
CREATE INDEX IF NOT EXISTS api_clients_created_at ON api_clients (portal_id, created_at, client_id);
