/** The audit trail. */
import { z } from 'zod'
import { roles } from '../../domain/caller.ts'
import { eventTypeSchema } from '../../domain/event.ts'
import { givenInstantSchema } from '../../domain/instant.ts'
import { contactId, eventId, organizationId } from './ids.ts'
import { cursor, instant, limit, pageOf } from './values.ts'

z.globalRegistry.add(eventTypeSchema, { id: 'EventType' })

const event = z
  .object({
    eventId,
    type: eventTypeSchema,
    at: instant,
    contactId: contactId.nullable(),
    organizationId: organizationId.nullable(),
    actor: z.object({
      role: z.enum([...roles, 'system']),
      subject: z.string().nullable(),
      clientId: z.string().nullable(),
    }),
    requestId: z.string(),
    details: z
      .record(z.string(), z.unknown())
      .meta({ description: 'Ids and counts; no code, no destination in clear.' }),
  })
  .meta({
    id: 'Event',
    examples: [
      {
        eventId: 'evt_R2hXd6fT9iUa4CnOw8PjQg',
        type: 'contact.reset',
        at: '2026-03-01T09:30:00.000Z',
        contactId: 'c-1001',
        organizationId: 'org-17',
        actor: { role: 'organization_admin', subject: 'c-1002', clientId: 'cli_M5tVb1oE8yKq0WzJc7LsNg' },
        requestId: 'req_x0Pw8cJfWq2LhR5sYtN1vU',
        details: { factors: 1 },
      },
    ],
  })

export const eventPage = pageOf(event).meta({ id: 'EventPage' })

export const eventQuery = z.strictObject({
  contactId: contactId.optional(),
  type: eventTypeSchema.optional(),
  from: givenInstantSchema
    .optional()
    .meta({ description: 'Events at or after this instant.', examples: ['2026-03-01T00:00:00Z'] }),
  limit,
  cursor: cursor.optional(),
})
