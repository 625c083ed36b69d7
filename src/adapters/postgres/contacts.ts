import { z } from 'zod'
import type { ContactSnapshot } from '../../domain/contact.ts'
import type { EventContext } from '../../domain/event.ts'
import type { ContactRef, OrganizationId } from '../../domain/ids.ts'
import type { Contacts, ContactVerdict } from '../../ports/contacts.ts'
import { applyChange } from './contact-change.ts'
import { contactPageFrom, contactsPageSchema, known, snapshotFrom, snapshotRowSchema } from './contact-row.ts'
import type { Door } from './door.ts'
import { eventParams } from './event-params.ts'
import { recordEvents } from './events.ts'
import type { Database } from './open-database.ts'
import { loadStatement } from './sql.ts'

const snapshot = loadStatement('snapshot', snapshotRowSchema)
const snapshotForLogin = loadStatement('snapshot-for-login', snapshotRowSchema)
const lockContact = loadStatement('lock-contact', z.object({ locked: z.string() }))
const createContact = loadStatement('create-contact', z.object({ locked: z.string() }))
const listContacts = loadStatement('list-contacts', contactsPageSchema)
const listContactsOfOrganization = loadStatement('list-contacts-of-organization', contactsPageSchema)

/** Contacts looked at for one page of those with a status: no index knows it, since it changes with the settings. */
export const EXAMINED_MAX = 1000

/** The contacts of a portal in Postgres. */
export function makePostgresContacts(database: Database): Contacts {
  return {
    snapshot: ref => readSnapshot(database, ref),
    async snapshotForLogin({ portalId, contactId }, organizationId, context) {
      const rows = await database.run(snapshotForLogin, {
        portal_id: portalId,
        contact_id: contactId,
        organization_id: organizationId,
        ...eventParams(context),
      })
      return snapshotFrom(known(rows))
    },
    change: (ref, createIn, context, rule) => change(database, ref, createIn, context, rule),
    async list(portalId, { organizationId, status, limit, after }) {
      const examined = status ? EXAMINED_MAX : limit + 1
      const page = { portal_id: portalId, status: status ?? null, limit: limit + 1, after: after ?? '', examined }
      const rows = organizationId
        ? await database.run(listContactsOfOrganization, { ...page, organization_id: organizationId })
        : await database.run(listContacts, page)
      return contactPageFrom(known(rows), limit)
    },
  }
}

async function readSnapshot(door: Door, { portalId, contactId }: ContactRef): Promise<ContactSnapshot> {
  return snapshotFrom(known(await door.run(snapshot, { portal_id: portalId, contact_id: contactId })))
}

function change<T>(
  database: Database,
  ref: ContactRef,
  createIn: OrganizationId | null,
  context: EventContext,
  rule: (snapshot: ContactSnapshot) => ContactVerdict<T>,
): Promise<T> {
  return database.withTransaction(async door => {
    const row = { portal_id: ref.portalId, contact_id: ref.contactId }
    if (createIn === null) await door.run(lockContact, row)
    else await door.run(createContact, { ...row, organization_id: createIn })
    // A statement of its own: its snapshot is younger than the lock.
    const { answer, change: wanted, events = [] } = rule(await readSnapshot(door, ref))
    if (wanted) await applyChange(door, ref, wanted)
    await recordEvents(door, ref.portalId, events, context)
    return answer
  })
}
