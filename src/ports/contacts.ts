import type { ContactSnapshot, ContactStatus } from '../domain/contact.ts'
import type { EventContext, NewEvent } from '../domain/event.ts'
import type { ContactId, ContactRef, FactorId, OrganizationId, PortalId } from '../domain/ids.ts'

/** What a rule wants done to the contact it was shown. */
export type ContactChange =
  /** Remembers a skip made at `at`, the snapshot's now; `skips` is the new count in this epoch. Clears resetAt. */
  | { kind: 'skip'; at: Date; epoch: number; skips: number }
  | { kind: 'forgetSkip' }
  /** Clears factors, failures, lock, skip and skip count; redraws the ticket; sets resetAt. */
  | { kind: 'reset' }
  /** Deletes the contact, its factors, and the reasons of its events. */
  | { kind: 'erase' }
  | { kind: 'removeFactor'; factorId: FactorId }

export interface ContactVerdict<T> {
  answer: T
  change?: ContactChange
  events?: NewEvent[]
}

export interface ContactFilter {
  organizationId?: OrganizationId | undefined
  /** Under the settings of this moment. */
  status?: ContactStatus | undefined
  limit: number
  /** Contacts after this id, in the order of their ids (byte order). */
  after?: ContactId | undefined
}

export interface ContactPage {
  items: ContactSnapshot[]
  /** The next page comes after this contact; null: that was the last one. A page by status may hold fewer than asked for, even none, and yet have a next. */
  next: ContactId | null
}

/** The contacts of a portal. Failures throw `unavailable`; an unknown portal throws `not_found`. */
export interface Contacts {
  /** One consistent reading. */
  snapshot(ref: ContactRef): Promise<ContactSnapshot>
  /** The same, and moves a known contact to this organization if it is in another (event `contact.moved`, details `{from}`), all in one statement. */
  snapshotForLogin(ref: ContactRef, organizationId: OrganizationId, context: EventContext): Promise<ContactSnapshot>
  /**
   * One transaction: locks the contact's row (created first, with `createIn`, if it is missing and that is given), shows
   * the rule a snapshot taken after the lock, and applies what the rule wants together with its events. If the rule
   * throws, nothing is changed (a row created for it is gone as well).
   */
  change<T>(
    ref: ContactRef,
    createIn: OrganizationId | null,
    context: EventContext,
    rule: (snapshot: ContactSnapshot) => ContactVerdict<T>,
  ): Promise<T>
  /** Snapshots of the contacts that the filter lets through, in the order of their ids. */
  list(portalId: PortalId, filter: ContactFilter): Promise<ContactPage>
}
