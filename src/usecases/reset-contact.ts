import type { PortalCaller } from '../domain/caller.ts'
import { type Contact, lockedForSeconds } from '../domain/contact.ts'
import { MfaError } from '../domain/errors.ts'
import type { ContactId } from '../domain/ids.ts'
import { contactLimit } from '../domain/limits.ts'
import { rememberedSkip } from '../domain/skip.ts'
import type { Ports } from '../ports/ports.ts'
import { type Call, contactRef, eventContext, inPortal } from './call.ts'

export interface ResetContact {
  contactId: ContactId
  reason?: string | undefined
}

export interface Cleared {
  factors: number
  skip: boolean
  lock: boolean
}

/** Clears factor, pending enrollment, lock and skip of one contact, and of nobody else. Never one's own. */
export function makeResetContact({ contacts, sendLimits, random }: Ports) {
  return async (call: Call, { contactId, reason }: ResetContact): Promise<{ cleared: Cleared }> => {
    const { caller } = inPortal(call)
    mustNotBeSelf(caller, contactId)
    const ref = contactRef(inPortal(call), contactId)
    const cleared = await contacts.change(ref, null, eventContext(call, random), snapshot => {
      const { organizationId } = mustSee(caller, snapshot.contact)
      const answer: Cleared = {
        factors: snapshot.factors.length,
        skip: rememberedSkip(snapshot) !== null,
        lock: lockedForSeconds(snapshot) !== null,
      }
      return {
        answer,
        change: { kind: 'reset' },
        events: [{ type: 'contact.reset', contactId, organizationId, details: { cleared: answer }, reason }],
      }
    })
    // The reset stands without it: a contact's sends are counted where they may be lost.
    await sendLimits.clear([contactLimit(ref)]).catch(() => {})
    return { cleared }
  }
}

/** Nobody resets or erases their own account: whoever has stolen a session could otherwise enroll a phone of their own. */
export function mustNotBeSelf(caller: PortalCaller, contactId: ContactId): void {
  if ((caller.subject as string | null) === contactId) throw new MfaError('self_reset')
}

/** The contact, if it is known and of an organization that this caller may see; otherwise there is none. */
export function mustSee(caller: PortalCaller, contact: Contact | null): Contact {
  const hidden = caller.role === 'organization_admin' && contact?.organizationId !== caller.organizationId
  if (!contact || hidden) throw new MfaError('not_found')
  return contact
}
