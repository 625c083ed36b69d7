import { isVoid, mustAllowEnrollment } from '../domain/eligibility.ts'
import { MfaError } from '../domain/errors.ts'
import type { ContactId, EnrollmentId } from '../domain/ids.ts'
import type { Ports } from '../ports/ports.ts'
import { type Call, contactRef, eventContext, inPortal } from './call.ts'
import { toNewDestination } from './code-to-send.ts'
import type { Quota } from './portal-day.ts'
import { mustBeRecorded } from './refusals.ts'
import { mustAllowResend, pendingRecord, renewCode } from './resend-code.ts'
import type { SendCode } from './send-code.ts'
import { type CodeView, codeView } from './views.ts'

export interface ResendEnrollment {
  contactId: ContactId
  enrollmentId: EnrollmentId
}

/** Sends a new code of a pending enrollment, to the destination it was started with. */
export function makeResendEnrollment(ports: Ports, sendCode: SendCode) {
  const { settlement, contacts, random, secrecy } = ports

  return async (
    call: Call,
    { contactId, enrollmentId }: ResendEnrollment,
  ): Promise<{ enrollment: CodeView; quota: Quota | null }> => {
    const ref = { ...contactRef(inPortal(call), contactId), codeId: enrollmentId }
    const pending = await pendingRecord(ports, ref)
    const { binding, target } = pending
    const { pendingFactor, ticket, epoch } = binding
    const { contact } = await contacts.snapshot(ref)
    if (!contact || !pendingFactor) throw new MfaError('cancelled')
    mustAllowResend(pending, true)

    const { organizationId } = contact
    const { country, provedBy } = pendingFactor
    const wish = { organizationId, method: target.method, country }
    const requested = await settlement.requestEnrollment(
      { ...ref, ...wish, type: 'enrollment.resent', enrollmentId, ticket, provedBy, epoch },
      eventContext(call, random),
    )
    const { snapshot } = requested
    mustAllowEnrollment(snapshot, { ...wish, stepUp: provedBy && { ticket, provedBy } })
    if (isVoid(snapshot, binding, target)) throw new MfaError('cancelled')
    mustBeRecorded(requested)

    const destination = secrecy.open(pendingFactor.destinationSealed, { ...ref, factorId: target.factorId })
    const to = toNewDestination(snapshot.portal, ref, target.method, pendingFactor, destination)
    const { record, quota } = await sendCode(call, { binding, target, locale: undefined, ...to }, code =>
      renewCode(ports, ref, code),
    )
    return { enrollment: codeView(record), quota }
  }
}
