import { z } from 'zod'
import type { EventContext, NewEvent } from '../../domain/event.ts'
import type { PortalId } from '../../domain/ids.ts'
import type { EventFilter, EventPage, Events } from '../../ports/events.ts'
import { databaseNow } from './database-clock.ts'
import type { Door } from './door.ts'
import { and, desc, eq, gte, type SQL, sql } from './drizzle.ts'
import { eventParams } from './event-params.ts'
import type { Database } from './open-database.ts'
import { eventReasons, events } from './schema.ts'
import { loadStatement } from './sql.ts'

const recordReasoned = loadStatement('record-reasoned', z.object({}))

/** The audit trail in Postgres. */
export function makePostgresEvents(database: Database): Events {
  return {
    record: (portalId, newEvents, context) => recordEvents(database, portalId, newEvents, context),
    list: (portalId, filter) => listEvents(database, portalId, filter),
  }
}

/** Writes events, in the transaction of `door` where it is one. */
export async function recordEvents(
  door: Door,
  portalId: PortalId,
  newEvents: NewEvent[],
  context: EventContext,
): Promise<void> {
  const { actor, requestId, newEventId } = context
  const at = databaseNow(door)
  const plain = newEvents
    .filter(({ reason }) => reason === undefined)
    .map(event => ({ ...event, portalId, eventId: newEventId(), at, actor, requestId }))
  if (plain.length > 0) await door.crud(drizzle => drizzle.insert(events).values(plain))
  for (const { reason, ...event } of newEvents)
    if (reason !== undefined)
      await door.run(recordReasoned, {
        portal_id: portalId,
        ...eventParams(context),
        type: event.type,
        contact_id: event.contactId,
        organization_id: event.organizationId,
        details: JSON.stringify(event.details),
        reason,
      })
}

const columns = {
  eventId: events.eventId,
  at: events.at,
  type: events.type,
  contactId: events.contactId,
  organizationId: events.organizationId,
  actor: events.actor,
  requestId: events.requestId,
  details: events.details,
  reason: eventReasons.reason,
  // The cursor keeps the microseconds, or events of one millisecond would come twice or not at all.
  exactly: sql<string>`to_char(${events.at} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
}

async function listEvents(door: Door, portalId: PortalId, filter: EventFilter): Promise<EventPage> {
  const { contactId, type, from, limit, after } = filter
  const wanted: (SQL | undefined)[] = [
    eq(events.portalId, portalId),
    contactId && eq(events.contactId, contactId),
    type && eq(events.type, type),
    from && gte(events.at, from),
    after && sql`(${events.at}, ${events.eventId}) < (${after.at}::timestamptz, ${after.eventId})`,
  ]
  // One more than asked for tells whether there is another page.
  const rows = await door.crud(drizzle =>
    drizzle
      .select(columns)
      .from(events)
      .leftJoin(eventReasons, and(eq(eventReasons.portalId, events.portalId), eq(eventReasons.eventId, events.eventId)))
      .where(and(...wanted))
      .orderBy(desc(events.at), desc(events.eventId))
      .limit(limit + 1),
  )
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    items: page.map(({ exactly, reason, details, ...event }) => ({
      ...event,
      details: reason === null ? details : { ...details, reason },
    })),
    next: rows.length > limit && last ? { at: last.exactly, eventId: last.eventId } : null,
  }
}
