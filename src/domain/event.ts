/** Events: what happened, to whom, by whom. They hold ids and counts, never a code or a destination in clear. */
import { z } from 'zod'
import type { Actor } from './caller.ts'
import type { ContactId, EventId, OrganizationId } from './ids.ts'

const eventTypes = [
  'settings.changed',
  'client.created',
  'client.rotated',
  'client.revoked',
  'client.keys_changed',
  'enrollment.requested',
  'enrollment.resent',
  'enrollment.failed',
  'enrollment.confirmed',
  'challenge.requested',
  'challenge.resent',
  'challenge.failed',
  'challenge.verified',
  'send.failed',
  'limit.reached',
  'guessing_suspected',
  'contact.locked',
  'contact.skipped',
  'contact.skip_cleared',
  'contact.reset',
  'contact.moved',
  'contact.erased',
  'factor.disabled',
  'factor.removed',
] as const

export const eventTypeSchema = z.enum(eventTypes)
export type EventType = z.infer<typeof eventTypeSchema>

/** Who acts, in which request: every writing port method takes one and stamps its events with it. */
export interface EventContext {
  actor: Actor
  requestId: string
  /** Draws the id of one event. */
  newEventId: () => EventId
}

export interface NewEvent {
  type: EventType
  contactId: ContactId | null
  organizationId: OrganizationId | null
  details: Record<string, unknown>
}

export interface Event extends NewEvent {
  eventId: EventId
  at: Date
  actor: Actor
  requestId: string
}
