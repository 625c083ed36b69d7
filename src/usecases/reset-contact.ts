import { lockedForSeconds } from '../domain/contact.ts'
import type { ContactId } from '../domain/ids.ts'
import { contactLimit } from '../domain/limits.ts'
import { rememberedSkip } from '../domain/skip.ts'
import type { Ports } from '../ports/ports.ts'
import { type Call, contactRef, eventContext, inPortal, mustNotBeSelf, mustSee } from './call.ts'

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
