import type { ContactRef } from '../../domain/ids.ts'
import type { ContactChange } from '../../ports/contacts.ts'
import { databaseNow } from './database-clock.ts'
import type { Door } from './door.ts'
import { and, eq, type SQL, sql } from './drizzle.ts'
import { contacts, eventReasons, factors } from './schema.ts'

/** Does what a rule wants to a contact whose row this transaction holds locked. */
export async function applyChange(
  door: Door,
  { portalId, contactId }: ContactRef,
  change: ContactChange,
): Promise<void> {
  const ofContact = (table: typeof contacts | typeof factors | typeof eventReasons): SQL | undefined =>
    and(eq(table.portalId, portalId), eq(table.contactId, contactId))
  const set = (values: object) => door.crud(drizzle => drizzle.update(contacts).set(values).where(ofContact(contacts)))
  const deleteFactors = () => door.crud(drizzle => drizzle.delete(factors).where(ofContact(factors)))
  const now = databaseNow(door)
  const noSkip = { skippedAt: null, skipEpoch: null }

  switch (change.kind) {
    case 'skip': {
      const { at, epoch, skips } = change
      await set({ skippedAt: at, skipEpoch: epoch, skips, skipsEpoch: epoch, resetAt: null })
      return
    }
    case 'forgetSkip':
      await set(noSkip)
      return
    case 'reset':
      await deleteFactors()
      await set({ ...noSkip, skips: 0, failures: 0, lockedUntil: null, ticket: sql`draw_ticket()`, resetAt: now })
      return
    case 'erase':
      await deleteFactors()
      await door.crud(drizzle => drizzle.delete(contacts).where(ofContact(contacts)))
      await door.crud(drizzle => drizzle.delete(eventReasons).where(ofContact(eventReasons)))
      return
    case 'removeFactor':
      await door.crud(drizzle =>
        drizzle.delete(factors).where(and(ofContact(factors), eq(factors.factorId, change.factorId))),
      )
  }
}
