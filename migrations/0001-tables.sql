-- Ids compare byte by byte: lists are ordered by id, and "C" is also the cheapest.
-- Every primary key and unique index of a portal's data begins with portal_id, so that the tables shard or partition by portal.

-- 128 random bits: a random UUID alone has 122.
CREATE FUNCTION draw_ticket() RETURNS uuid LANGUAGE sql VOLATILE AS
  $$ SELECT md5(gen_random_uuid()::text || gen_random_uuid()::text)::uuid $$;

CREATE TABLE portals (
  portal_id  text COLLATE "C" PRIMARY KEY,
  suspended  boolean NOT NULL DEFAULT false,
  limits     jsonb NOT NULL,
  -- The settings that statements judge by are columns; `settings` holds the rest.
  enabled    boolean NOT NULL,
  methods    text[] NOT NULL,
  countries  text[] NOT NULL,
  settings   jsonb NOT NULL,
  epoch      integer NOT NULL DEFAULT 0,
  valid_from jsonb NOT NULL,
  version    integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text
);

CREATE TABLE api_clients (
  portal_id      text COLLATE "C" NOT NULL,
  client_id      text COLLATE "C" NOT NULL,
  name           text NOT NULL,
  roles          text[] NOT NULL,
  secret_hash    text NOT NULL,
  generation     integer NOT NULL DEFAULT 1,
  previous_hash  text,
  previous_until timestamptz,
  -- Tokens of generations below dead_below are dead, since dead_at.
  dead_below     integer NOT NULL DEFAULT 0,
  dead_at        timestamptz,
  created_at     timestamptz NOT NULL,
  rotated_at     timestamptz,
  revoked_at     timestamptz,
  PRIMARY KEY (portal_id, client_id)
);
-- Exempt from the rule above: the client id is all that a token request has.
CREATE UNIQUE INDEX api_clients_client_id ON api_clients (client_id);
CREATE INDEX api_clients_revoked_at ON api_clients (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX api_clients_dead_at ON api_clients (dead_at) WHERE dead_at IS NOT NULL;

CREATE TABLE contacts (
  portal_id       text COLLATE "C" NOT NULL,
  contact_id      text COLLATE "C" NOT NULL,
  organization_id text COLLATE "C" NOT NULL,
  -- Redrawn by confirm and reset: what carries an older one is void, wherever it lies.
  ticket          uuid NOT NULL DEFAULT draw_ticket(),
  failures        integer NOT NULL DEFAULT 0,
  locked_until    timestamptz,
  skipped_at      timestamptz,
  skip_epoch      integer,
  skips           integer NOT NULL DEFAULT 0,
  skips_epoch     integer NOT NULL DEFAULT 0,
  reset_at        timestamptz,
  created_at      timestamptz NOT NULL,
  PRIMARY KEY (portal_id, contact_id)
) WITH (fillfactor = 85);
CREATE INDEX contacts_organization ON contacts (portal_id, organization_id, contact_id);

CREATE TABLE factors (
  portal_id          text COLLATE "C" NOT NULL,
  contact_id         text COLLATE "C" NOT NULL,
  -- The method today; may be a credential id later. At most one factor per slot.
  slot               text COLLATE "C" NOT NULL,
  factor_id          text COLLATE "C" NOT NULL,
  method             text NOT NULL,
  country            text,
  epoch              integer NOT NULL,
  secret_sealed      text NOT NULL,
  destination_masked text NOT NULL,
  -- In a row.
  failures           integer NOT NULL DEFAULT 0,
  -- Instants of the failures of the last 30 days; a success does not clear them.
  failed_at          timestamptz[] NOT NULL DEFAULT '{}',
  disabled_at        timestamptz,
  confirmed_at       timestamptz NOT NULL,
  used_at            timestamptz,
  PRIMARY KEY (portal_id, contact_id, slot)
) WITH (fillfactor = 85);

-- The arbiter of one challenge or enrollment: which attempts were compared, and how each was answered.
CREATE TABLE settlements (
  portal_id  text COLLATE "C" NOT NULL,
  code_id    text COLLATE "C" NOT NULL,
  attempts   text[] NOT NULL,
  verdicts   text[] NOT NULL,
  -- The call that charged last: tells a call whether it was itself.
  charged_by text,
  won_at     timestamptz,
  won_ticket uuid,
  won_epoch  integer,
  begun_at   timestamptz NOT NULL,
  PRIMARY KEY (portal_id, code_id)
) WITH (fillfactor = 85);
CREATE INDEX settlements_begun_at ON settlements (begun_at);

CREATE TABLE events (
  portal_id       text COLLATE "C" NOT NULL,
  event_id        text COLLATE "C" NOT NULL,
  at              timestamptz NOT NULL,
  type            text NOT NULL,
  contact_id      text COLLATE "C",
  organization_id text COLLATE "C",
  actor           jsonb NOT NULL,
  request_id      text NOT NULL,
  details         jsonb NOT NULL,
  PRIMARY KEY (portal_id, event_id)
);
CREATE INDEX events_at ON events (portal_id, at DESC, event_id DESC);
CREATE INDEX events_contact ON events (portal_id, contact_id, at DESC, event_id DESC) WHERE contact_id IS NOT NULL;

-- The service's own keys, wrapped; of no portal.
CREATE TABLE keys (
  purpose    text NOT NULL,
  generation integer NOT NULL,
  wrapped    text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (purpose, generation)
);
