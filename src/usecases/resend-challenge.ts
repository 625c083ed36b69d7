import { chooseFactor, isVoid } from '../domain/eligibility.ts'
import { MfaError, unavailable } from '../domain/errors.ts'
import type { ChallengeId, ContactId, FactorId } from '../domain/ids.ts'
import type { Ports } from '../ports/ports.ts'
import { type Call, contactRef, eventContext, inPortal } from './call.ts'
import type { Quota } from './portal-day.ts'
import { mayResend, pendingRecord, renewCode } from './resend-code.ts'
import { makeSendCode } from './send-code.ts'
import { toFactor } from './start-challenge.ts'
import { type CodeView, codeView } from './views.ts'

export interface ResendChallenge {
  contactId: ContactId
  challengeId: ChallengeId
  /** Another factor of the contact; default: the one the newest code went to. */
  factorId?: FactorId | undefined
}

/** Sends a new code of a pending challenge, to the same or another factor; one budget of attempts and sends for all. */
export function makeResendChallenge(ports: Ports) {
  const { settlement, random } = ports
  const sendCode = makeSendCode(ports)

  return async (
    call: Call,
    { contactId, challengeId, factorId: wanted }: ResendChallenge,
  ): Promise<{ challenge: CodeView; quota: Quota | null }> => {
    const ref = { ...contactRef(inPortal(call), contactId), codeId: challengeId }
    const pending = await pendingRecord(ports, ref)
    const { binding, target } = pending
    const factorId = wanted ?? target.factorId
    mayResend(pending, factorId === target.factorId)

    const { snapshot, recorded } = await settlement.requestChallenge(
      { ...ref, type: 'challenge.resent', challengeId, purpose: binding.purpose, factorId, epoch: binding.epoch },
      eventContext(call, random),
    )
    const gone = !snapshot.factors.some(candidate => candidate.factorId === target.factorId)
    if (gone && factorId === target.factorId) throw new MfaError('cancelled')
    const factor = chooseFactor(snapshot, factorId)
    if (isVoid(snapshot, binding, { ...target, factorId })) throw new MfaError('cancelled')
    if (!recorded) throw unavailable(new Error('the request was not recorded'))

    const to = toFactor(ports, ref, snapshot.portal, factor)
    const { record, quota } = await sendCode(call, { binding, locale: undefined, ...to }, code =>
      renewCode(ports, ref, code),
    )
    return { challenge: codeView(record), quota }
  }
}
