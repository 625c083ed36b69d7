import { chooseFactor, isVoid } from '../domain/eligibility.ts'
import { MfaError } from '../domain/errors.ts'
import type { ChallengeId, ContactId, FactorId } from '../domain/ids.ts'
import type { Ports } from '../ports/ports.ts'
import { type Call, contactRef, eventContext, inPortal } from './call.ts'
import { toFactor } from './code-to-send.ts'
import type { Quota } from './portal-day.ts'
import { mustBeRecorded } from './refusals.ts'
import { mustAllowResend, pendingRecord, renewCode } from './resend-code.ts'
import type { SendCode } from './send-code.ts'
import { type CodeView, codeView } from './views.ts'

export interface ResendChallenge {
  contactId: ContactId
  challengeId: ChallengeId
  /** Another factor of the contact; default: the one the newest code went to. */
  factorId?: FactorId | undefined
}

/** Sends a new code of a pending challenge, to the same or another factor; one budget of attempts and sends for all. */
export function makeResendChallenge(ports: Ports, sendCode: SendCode) {
  const { settlement, random } = ports

  return async (
    call: Call,
    { contactId, challengeId, factorId: wanted }: ResendChallenge,
  ): Promise<{ challenge: CodeView; quota: Quota | null }> => {
    const ref = { ...contactRef(inPortal(call), contactId), codeId: challengeId }
    const pending = await pendingRecord(ports, ref)
    const { binding, target } = pending
    const factorId = wanted ?? target.factorId
    mustAllowResend(pending, factorId === target.factorId)

    const requested = await settlement.requestChallenge(
      { ...ref, type: 'challenge.resent', challengeId, purpose: binding.purpose, factorId, epoch: binding.epoch },
      eventContext(call, random),
    )
    const { snapshot } = requested
    const gone = !snapshot.factors.some(candidate => candidate.factorId === target.factorId)
    if (gone && factorId === target.factorId) throw new MfaError('cancelled')
    const factor = chooseFactor(snapshot, factorId)
    if (isVoid(snapshot, binding, { ...target, factorId })) throw new MfaError('cancelled')
    mustBeRecorded(requested)

    const to = toFactor(ports, ref, snapshot.portal, factor)
    const { record, quota } = await sendCode(call, { binding, locale: undefined, ...to }, code =>
      renewCode(ports, ref, code),
    )
    return { challenge: codeView(record), quota }
  }
}
