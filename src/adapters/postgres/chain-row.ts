/** An event as the chain covers it, as a row. */
import { z } from 'zod'
import type { SealableEvent } from '../../domain/event-chain.ts'

/** Positions come as text, since the drivers differ in what they make of a bigint. */
export const seqSchema = z.string().regex(/^\d+$/).transform(Number)

export const sealableColumns = {
  event_id: z.string(),
  at: z.string(),
  type: z.string(),
  contact_id: z.string().nullable(),
  organization_id: z.string().nullable(),
  actor: z.string(),
  request_id: z.string(),
  details: z.string(),
  reason_hash: z.string().nullable(),
}

const sealableSchema = z.object(sealableColumns)

export const eventFrom = (row: z.infer<typeof sealableSchema>): SealableEvent => ({
  eventId: row.event_id,
  at: row.at,
  type: row.type,
  contactId: row.contact_id,
  organizationId: row.organization_id,
  actor: row.actor,
  requestId: row.request_id,
  details: row.details,
  reasonHash: row.reason_hash,
})
