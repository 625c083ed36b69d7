-- Events are append-only, and sealed into one hash chain per portal; src/domain/event-chain.ts says what is hashed.

-- What a person wrote is deleted with the contact. The event keeps a salted hash of it: it shows a change of the text, and
-- says nothing once salt and text are gone.
CREATE TABLE event_reasons (
  portal_id  text COLLATE "C" NOT NULL,
  event_id   text COLLATE "C" NOT NULL,
  contact_id text COLLATE "C" NOT NULL,
  reason     text NOT NULL,
  salt       uuid NOT NULL,
  PRIMARY KEY (portal_id, event_id)
);
CREATE INDEX event_reasons_contact ON event_reasons (portal_id, contact_id);

CREATE FUNCTION reason_hash(salt uuid, reason text) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT sha256(uuid_send(salt) || convert_to(reason, 'UTF8'))
$$;

ALTER TABLE events ADD COLUMN reason_hash bytea;
-- Sealing follows it: what committed transactions below the oldest running one have recorded is complete.
ALTER TABLE events ADD COLUMN recorded_in xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX events_recorded_in ON events (portal_id, recorded_in, event_id);

INSERT INTO event_reasons (portal_id, event_id, contact_id, reason, salt)
SELECT portal_id, event_id, contact_id, details ->> 'reason', gen_random_uuid() FROM events WHERE type = 'contact.reset' AND details ? 'reason';
UPDATE events e SET details = e.details - 'reason', reason_hash = reason_hash(r.salt, r.reason)
  FROM event_reasons r WHERE r.portal_id = e.portal_id AND r.event_id = e.event_id;

-- The chain: which event is at which position. No row here, no event there, or another one: somebody has been at work.
CREATE TABLE event_seals (
  portal_id text COLLATE "C" NOT NULL,
  seq       bigint NOT NULL,
  event_id  text COLLATE "C" NOT NULL,
  hash      bytea NOT NULL,
  sealed_at timestamptz NOT NULL,
  PRIMARY KEY (portal_id, seq),
  UNIQUE (portal_id, event_id)
);

-- The head of each chain, and how far sealing has come: whatever comes before (reached_in, reached_id) is sealed.
CREATE TABLE event_chains (
  portal_id  text COLLATE "C" PRIMARY KEY,
  seq        bigint NOT NULL DEFAULT 0,
  hash       bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
  reached_in xid8 NOT NULL DEFAULT '0',
  reached_id text COLLATE "C" NOT NULL DEFAULT ''
);

-- Cuts by retention: positions up to seq are gone, all of them older than kept_from; the rest of the chain begins with hash.
CREATE TABLE event_checkpoints (
  portal_id text COLLATE "C" NOT NULL,
  seq       bigint NOT NULL,
  hash      bytea NOT NULL,
  kept_from timestamptz NOT NULL,
  cut_at    timestamptz NOT NULL,
  PRIMARY KEY (portal_id, seq)
);

-- Append-only. Retention says who it is by a setting of its transaction: a guard against mistakes, and against whoever does
-- not know. It is no guard against the owner of the tables, whom only the chain and its exported heads convict. Stronger,
-- with a role of its own for the service (TRUNCATE and TRIGGER it should never have; DELETE only where events are kept for ever):
--   REVOKE UPDATE, TRUNCATE, TRIGGER, REFERENCES ON events, event_seals, event_checkpoints FROM the_service;
--   REVOKE DELETE ON events, event_seals, event_checkpoints FROM the_service;  -- with AUDIT_RETENTION_DAYS=0
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('portal_mfa.retention', true) = 'on' THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event_seals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
