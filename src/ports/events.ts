import type { Event, EventContext, EventType, NewEvent } from '../domain/event.ts'
import type { ContactId, PortalId } from '../domain/ids.ts'

export interface EventFilter {
  contactId?: ContactId | undefined
  type?: EventType | undefined
  /** Events at or after this instant. */
  from?: Date | undefined
  limit: number
  /** Cursor: events after this one in the order of the list. `at` is the string that {@link EventPage.next} gave out (full precision). */
  after?: { at: string; eventId: string } | undefined
}

export interface EventPage {
  items: Event[]
  next: { at: string; eventId: string } | null
}

/** The audit trail of a portal, newest first. Failures throw `unavailable`. */
export interface Events {
  /** For what happens outside a change of state: `send.failed`, `limit.reached`. */
  record(portalId: PortalId, events: NewEvent[], context: EventContext): Promise<void>
  list(portalId: PortalId, filter: EventFilter): Promise<EventPage>
}
