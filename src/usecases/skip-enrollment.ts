import { countingFactors, lockedForSeconds } from '../domain/contact.ts'
import { MfaError } from '../domain/errors.ts'
import type { ContactId, OrganizationId } from '../domain/ids.ts'
import { canSkip, skipsLeft, skipsMade, skipUntil, validSkip } from '../domain/skip.ts'
import type { Ports } from '../ports/ports.ts'
import { type Call, contactRef, eventContext, inPortal } from './call.ts'

export interface OptOutInput {
  contactId: ContactId
  organizationId: OrganizationId
}

export interface SkipView {
  skippedAt: Date
  skipUntil: Date | null
  skipsLeft: number | null
}

/** "Skip for now". While a skip is valid, the same answer and nothing counted. */
export function makeSkipEnrollment({ contacts, random }: Ports) {
  return async (call: Call, { contactId, organizationId }: OptOutInput): Promise<SkipView> => {
    const ref = contactRef(inPortal(call), contactId)
    return contacts.change(ref, organizationId, eventContext(call, random), snapshot => {
      const { portal, contact, now } = snapshot
      if (contact?.organizationId !== organizationId) throw new MfaError('not_found')
      if (!portal.settings.enabled) throw new MfaError('mfa_disabled')
      if (countingFactors(snapshot).length > 0) throw new MfaError('skip_not_allowed')
      const valid = validSkip(snapshot)
      if (valid) return { answer: skipView(valid.at, skipsLeft(snapshot)) }
      const retryAfterSeconds = lockedForSeconds(snapshot)
      if (retryAfterSeconds !== null) throw new MfaError('factor_locked', { retryAfterSeconds })
      if (!canSkip(snapshot)) throw new MfaError('skip_not_allowed')

      const left = skipsLeft(snapshot)
      return {
        answer: skipView(now, left === null ? null : left - 1),
        change: { kind: 'skip', at: now, epoch: portal.epoch, skips: skipsMade(snapshot) + 1 },
        events: [{ type: 'contact.skipped', contactId, organizationId, details: {} }],
      }

      function skipView(skippedAt: Date, skipsLeftNow: number | null): SkipView {
        return { skippedAt, skipUntil: skipUntil(snapshot, skippedAt), skipsLeft: skipsLeftNow }
      }
    })
  }
}
