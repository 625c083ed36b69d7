import type { ContactStatus } from '../domain/contact.ts'
import { MfaError } from '../domain/errors.ts'
import { type ContactId, contactIdSchema, type OrganizationId } from '../domain/ids.ts'
import type { Ports } from '../ports/ports.ts'
import { type Call, contactRef, inPortal, mustSee } from './call.ts'
import { decodeCursor, encodeCursor, type Page } from './page.ts'
import { type ContactView, contactView } from './views.ts'

export interface ListContacts {
  organizationId?: OrganizationId | undefined
  status?: ContactStatus | undefined
  limit: number
  cursor?: string | undefined
}

const isContactId = (position: unknown): position is ContactId => contactIdSchema.safeParse(position).success

const viewOf = (snapshot: Parameters<typeof contactView>[0]): ContactView => {
  const view = contactView(snapshot)
  if (!view) throw new MfaError('not_found')
  return view
}

/** The contacts of the portal; for an organization's admin, those of the one organization in the token. */
export function makeListContacts({ contacts }: Ports) {
  return async (call: Call, { limit, cursor, status, organizationId }: ListContacts): Promise<Page<ContactView>> => {
    const { caller } = inPortal(call)
    const after = decodeCursor(cursor, isContactId)
    const confined = caller.role === 'organization_admin' ? caller.organizationId : null
    if (confined && organizationId && organizationId !== confined) return { items: [], nextCursor: null }
    const filter = {
      organizationId: confined ?? organizationId,
      status,
      limit,
      after: after ?? undefined,
    }
    const { items, next } = await contacts.list(caller.portalId, filter)
    return { items: items.map(viewOf), nextCursor: next && encodeCursor(next) }
  }
}

/** One contact, for "Organization Details". */
export function makeReadContact({ contacts }: Ports) {
  return async (call: Call, { contactId }: { contactId: ContactId }): Promise<ContactView> => {
    const { caller } = inPortal(call)
    const snapshot = await contacts.snapshot(contactRef(inPortal(call), contactId))
    mustSee(caller, snapshot.contact)
    return viewOf(snapshot)
  }
}
