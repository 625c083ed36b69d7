import { isVoid, mayEnroll } from '../domain/eligibility.ts'
import { MfaError, unavailable } from '../domain/errors.ts'
import type { ContactId, EnrollmentId } from '../domain/ids.ts'
import type { Ports } from '../ports/ports.ts'
import { type Call, contactRef, eventContext, inPortal } from './call.ts'
import type { Quota } from './portal-day.ts'
import { mayResend, pendingRecord, renewCode } from './resend-code.ts'
import { makeSendCode } from './send-code.ts'
import { toNewDestination } from './start-enrollment.ts'
import { type CodeView, codeView } from './views.ts'

export interface ResendEnrollment {
  contactId: ContactId
  enrollmentId: EnrollmentId
}

/** Sends a new code of a pending enrollment, to the destination it was started with. */
export function makeResendEnrollment(ports: Ports) {
  const { settlement, contacts, random, secrecy } = ports
  const sendCode = makeSendCode(ports)

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
    mayResend(pending, true)

    const { organizationId } = contact
    const { country, provedBy } = pendingFactor
    const wish = { organizationId, method: target.method, country }
    const { snapshot, recorded } = await settlement.requestEnrollment(
      { ...ref, ...wish, type: 'enrollment.resent', enrollmentId, ticket, provedBy, epoch },
      eventContext(call, random),
    )
    mayEnroll(snapshot, { ...wish, stepUp: provedBy && { ticket, provedBy } })
    if (isVoid(snapshot, binding, target)) throw new MfaError('cancelled')
    if (!recorded) throw unavailable(new Error('the request was not recorded'))

    const destination = secrecy.open(pendingFactor.destinationSealed, { ...ref, factorId: target.factorId })
    const to = toNewDestination(snapshot.portal, ref, target.method, pendingFactor, destination)
    const { record, quota } = await sendCode(call, { binding, target, locale: undefined, ...to }, code =>
      renewCode(ports, ref, code),
    )
    return { enrollment: codeView(record), quota }
  }
}
