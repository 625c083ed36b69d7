import type { Event, EventType } from '../domain/event.ts'
import { type ContactId, eventIdSchema } from '../domain/ids.ts'
import { exactInstantSchema } from '../domain/instant.ts'
import type { Ports } from '../ports/ports.ts'
import { type Call, inPortal } from './call.ts'
import { decodeCursor, encodeCursor, type Page } from './page.ts'

export interface ListEvents {
  contactId?: ContactId | undefined
  type?: EventType | undefined
  from?: Date | undefined
  limit: number
  cursor?: string | undefined
}

interface Position {
  /** With the microseconds that the database has. */
  at: string
  eventId: string
}

const isPosition = (position: unknown): position is Position => {
  const { at, eventId } = (position ?? {}) as Partial<Position>
  return eventIdSchema.safeParse(eventId).success && exactInstantSchema.safeParse(at).success
}

/** The portal's audit trail, newest first. */
export function makeListEvents({ events }: Ports) {
  return async (call: Call, { cursor, ...filter }: ListEvents): Promise<Page<Event>> => {
    const after = decodeCursor(cursor, isPosition) ?? undefined
    const { items, next } = await events.list(inPortal(call).caller.portalId, { ...filter, after })
    return { items, nextCursor: next && encodeCursor(next) }
  }
}
