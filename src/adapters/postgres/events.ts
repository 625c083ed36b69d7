import type { EventContext, NewEvent } from '../../domain/event.ts'
import type { PortalId } from '../../domain/ids.ts'
import type { EventFilter, EventPage, Events } from '../../ports/events.ts'
import { databaseNow } from './database-clock.ts'
import type { Door } from './door.ts'
import { and, desc, eq, gte, type SQL, sql } from './drizzle.ts'
import type { Database } from './open-database.ts'
import { events } from './schema.ts'

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
  { actor, requestId, newEventId }: EventContext,
): Promise<void> {
  if (newEvents.length === 0) return
  const at = databaseNow(door)
  const rows = newEvents.map(event => ({ ...event, portalId, eventId: newEventId(), at, actor, requestId }))
  await door.crud(drizzle => drizzle.insert(events).values(rows))
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
  // The cursor keeps the microseconds, or events of one millisecond would come twice or not at all.
  exactly: sql<string>`to_json(${events.at}) #>> '{}'`,
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
      .where(and(...wanted))
      .orderBy(desc(events.at), desc(events.eventId))
      .limit(limit + 1),
  )
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    items: page.map(({ exactly, ...event }) => event),
    next: rows.length > limit && last ? { at: last.exactly, eventId: last.eventId } : null,
  }
}
