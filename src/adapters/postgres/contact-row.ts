/** A contact and its factors as rows or JSON, and what they say of the contact. */
import { z } from 'zod'
import type { Contact, ContactSnapshot, Factor } from '../../domain/contact.ts'
import { MfaError } from '../../domain/errors.ts'
import { contactIdSchema, factorIdSchema, organizationIdSchema } from '../../domain/ids.ts'
import { methodSchema } from '../../domain/methods/index.ts'
import type { Portal } from '../../domain/settings.ts'
import type { ContactPage } from '../../ports/contacts.ts'
import { instantSchema, portalColumns, portalFrom } from './portal-row.ts'

const factorSchema = z.object({
  factor_id: factorIdSchema,
  method: methodSchema,
  country: z.string().nullable(),
  epoch: z.int(),
  secret_sealed: z.string(),
  destination_masked: z.string(),
  confirmed_at: instantSchema,
  used_at: instantSchema.nullable(),
  disabled_at: instantSchema.nullable(),
})

const contactColumns = {
  contact_id: contactIdSchema,
  organization_id: organizationIdSchema,
  ticket: z.string(),
  locked_until: instantSchema.nullable(),
  skipped_at: instantSchema.nullable(),
  skip_epoch: z.int().nullable(),
  skips: z.int(),
  skips_epoch: z.int(),
  reset_at: instantSchema.nullable(),
  factors: z.array(factorSchema).nullable(),
}
const contactSchema = z.object(contactColumns)
type ContactRow = z.infer<typeof contactSchema>

/** Every row of these statements begins with the portal's: no row, no such portal. */
export function known<Row>([row]: Row[]): Row {
  if (!row) throw new MfaError('not_found')
  return row
}

/** A contact that was never seen comes as nulls. */
const missing = { contact_id: z.null(), factors: z.null() }

/** One row: the portal, and the contact or nulls. */
export const snapshotRowSchema = z.intersection(
  z.object({ ...portalColumns, now: instantSchema }),
  z.union([contactSchema, z.object(missing)]),
)

export const requestedRowSchema = z.intersection(snapshotRowSchema, z.object({ recorded: z.boolean() }))

/** One row: the portal, a page of its contacts, and the last one that was looked at if there may be others. */
export const contactsPageSchema = z.object({
  ...portalColumns,
  now: instantSchema,
  contacts: z.array(contactSchema).nullable(),
  examined_to: contactIdSchema.nullable(),
})

export function snapshotFrom(row: z.infer<typeof snapshotRowSchema>): ContactSnapshot {
  const of = { now: row.now, portal: portalFrom(row) }
  return row.contact_id === null ? { ...of, contact: null, factors: [] } : { ...of, ...contactFrom(row) }
}

/** Of rows that were asked for with one contact more than the page holds. */
export function contactPageFrom(row: z.infer<typeof contactsPageSchema>, limit: number): ContactPage {
  const { now, contacts, examined_to, ...portalRow } = row
  const portal: Portal = portalFrom(portalRow)
  const found = contacts ?? []
  const items = found.slice(0, limit)
  return {
    items: items.map(contact => ({ now, portal, ...contactFrom(contact) })),
    next: found.length > limit ? (items.at(-1)?.contact_id ?? null) : examined_to,
  }
}

const contactFrom = (row: ContactRow): { contact: Contact; factors: Factor[] } => ({
  contact: {
    contactId: row.contact_id,
    organizationId: row.organization_id,
    ticket: row.ticket,
    lockedUntil: row.locked_until,
    skip: row.skipped_at && row.skip_epoch !== null ? { at: row.skipped_at, epoch: row.skip_epoch } : null,
    skips: row.skips,
    skipsEpoch: row.skips_epoch,
    resetAt: row.reset_at,
  },
  factors: (row.factors ?? []).map(factorFrom),
})

const factorFrom = (row: z.infer<typeof factorSchema>): Factor => ({
  factorId: row.factor_id,
  method: row.method,
  country: row.country,
  epoch: row.epoch,
  destinationSealed: row.secret_sealed,
  destinationMasked: row.destination_masked,
  confirmedAt: row.confirmed_at,
  usedAt: row.used_at,
  disabledAt: row.disabled_at,
})
