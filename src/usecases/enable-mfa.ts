import { countingFactors } from '../domain/contact.ts'
import { MfaError } from '../domain/errors.ts'
import { rememberedSkip } from '../domain/skip.ts'
import type { Ports } from '../ports/ports.ts'
import { type Call, contactRef, eventContext, inPortal } from './call.ts'
import type { OptOutInput } from './skip-enrollment.ts'

/** "Enable MFA": the contact gives the skip up, and enrolls at the next login. */
export function makeEnableMfa({ contacts, random }: Ports) {
  return async (call: Call, { contactId, organizationId }: OptOutInput) => {
    const ref = contactRef(inPortal(call), contactId)
    return contacts.change(ref, null, eventContext(call, random), snapshot => {
      const { portal, contact } = snapshot
      if (contact && contact.organizationId !== organizationId) throw new MfaError('not_found')
      if (!portal.settings.enabled) throw new MfaError('mfa_disabled')
      if (countingFactors(snapshot).length > 0) throw new MfaError('already_enrolled')
      const answer = { logoutRequired: true, decision: 'enroll' } as const
      if (!rememberedSkip(snapshot)) return { answer }
      return {
        answer,
        change: { kind: 'forgetSkip' },
        events: [{ type: 'contact.skip_cleared', contactId, organizationId, details: {} }],
      }
    })
  }
}
