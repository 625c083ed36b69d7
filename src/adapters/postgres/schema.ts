/** The tables that Drizzle's statements name. migrations/ makes them; a test holds both together. */

import type { Actor, PortalRole } from '../../domain/caller.ts'
import type { ClientJwks } from '../../domain/client-key.ts'
import type { EventType } from '../../domain/event.ts'
import type { ClientId, ContactId, EventId, FactorId, OrganizationId, PortalId } from '../../domain/ids.ts'
import type { ValidFrom } from '../../domain/settings.ts'
import { boolean, integer, jsonb, pgTable, sql, text, timestamp, uuid } from './drizzle.ts'
import type { StoredLimits, StoredSettings } from './portal-row.ts'

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })
const portalId = () => text('portal_id').$type<PortalId>().notNull()

export const portals = pgTable('portals', {
  portalId: portalId(),
  suspended: boolean().notNull().default(false),
  limits: jsonb().$type<StoredLimits>().notNull(),
  enabled: boolean().notNull(),
  methods: text().array().notNull(),
  countries: text().array().notNull(),
  settings: jsonb().$type<StoredSettings>().notNull(),
  epoch: integer().notNull().default(0),
  validFrom: jsonb('valid_from').$type<ValidFrom>().notNull(),
  version: integer().notNull().default(1),
  createdAt: instant('created_at').notNull(),
  updatedAt: instant('updated_at').notNull(),
  updatedBy: text('updated_by'),
  guardedUntil: instant('guarded_until'),
})

export const apiClients = pgTable('api_clients', {
  portalId: portalId(),
  clientId: text('client_id').$type<ClientId>().notNull(),
  name: text().notNull(),
  roles: text().array().$type<PortalRole[]>().notNull(),
  secretHash: text('secret_hash').notNull(),
  generation: integer().notNull().default(1),
  previousHash: text('previous_hash'),
  previousUntil: instant('previous_until'),
  deadBelow: integer('dead_below').notNull().default(0),
  deadAt: instant('dead_at'),
  createdAt: instant('created_at').notNull(),
  rotatedAt: instant('rotated_at'),
  revokedAt: instant('revoked_at'),
  jwks: jsonb().$type<ClientJwks>().notNull().default({ keys: [] }),
  keysChangedAt: instant('keys_changed_at'),
})

export const contacts = pgTable('contacts', {
  portalId: portalId(),
  contactId: text('contact_id').$type<ContactId>().notNull(),
  organizationId: text('organization_id').$type<OrganizationId>().notNull(),
  ticket: uuid().notNull().default(sql`draw_ticket()`),
  failures: integer().notNull().default(0),
  lockedUntil: instant('locked_until'),
  skippedAt: instant('skipped_at'),
  skipEpoch: integer('skip_epoch'),
  skips: integer().notNull().default(0),
  skipsEpoch: integer('skips_epoch').notNull().default(0),
  resetAt: instant('reset_at'),
  createdAt: instant('created_at').notNull(),
})

export const factors = pgTable('factors', {
  portalId: portalId(),
  contactId: text('contact_id').$type<ContactId>().notNull(),
  factorId: text('factor_id').$type<FactorId>().notNull(),
})

export const events = pgTable('events', {
  portalId: portalId(),
  eventId: text('event_id').$type<EventId>().notNull(),
  at: instant('at').notNull(),
  type: text().$type<EventType>().notNull(),
  contactId: text('contact_id').$type<ContactId>(),
  organizationId: text('organization_id').$type<OrganizationId>(),
  actor: jsonb().$type<Actor>().notNull(),
  requestId: text('request_id').notNull(),
  details: jsonb().$type<Record<string, unknown>>().notNull(),
})

export const eventReasons = pgTable('event_reasons', {
  portalId: portalId(),
  eventId: text('event_id').$type<EventId>().notNull(),
  contactId: text('contact_id').$type<ContactId>().notNull(),
  reason: text().notNull(),
})

export const keys = pgTable('keys', {
  purpose: text().notNull(),
  generation: integer().notNull(),
  wrapped: text().notNull(),
  createdAt: instant('created_at').notNull(),
})
