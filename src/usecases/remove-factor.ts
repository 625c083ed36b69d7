import { countingFactors } from '../domain/contact.ts'
import { MfaError } from '../domain/errors.ts'
import type { ContactId, FactorId } from '../domain/ids.ts'
import { lacksStepUp } from '../domain/step-up.ts'
import type { Ports } from '../ports/ports.ts'
import { type Call, contactRef, eventContext, inPortal } from './call.ts'
import { readStepUp } from './step-up.ts'

export interface RemoveFactor {
  contactId: ContactId
  factorId: FactorId
  /** Of purpose `change_factor`. */
  assertion: string
}

/** Removes one of several factors, after a step-up. */
export function makeRemoveFactor(ports: Ports) {
  return async (call: Call, { contactId, factorId, assertion }: RemoveFactor): Promise<void> => {
    const ref = contactRef(inPortal(call), contactId)
    const stepUp = readStepUp(ports, ref, assertion, null)
    await ports.contacts.change(ref, null, eventContext(call, ports.random), snapshot => {
      const { contact, factors } = snapshot
      const factor = factors.find(candidate => candidate.factorId === factorId)
      if (!contact || !factor) throw new MfaError('not_found')
      if (lacksStepUp(snapshot, stepUp)) throw new MfaError('step_up_required')
      if (!countingFactors(snapshot).some(other => other.factorId !== factorId)) throw new MfaError('last_factor')
      const { organizationId } = contact
      return {
        answer: undefined,
        change: { kind: 'removeFactor', factorId },
        events: [{ type: 'factor.removed', contactId, organizationId, details: { factorId, method: factor.method } }],
      }
    })
  }
}
