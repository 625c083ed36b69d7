import type { CodeBinding } from '../domain/code.ts'
import { chooseFactor } from '../domain/eligibility.ts'
import type { ContactId, FactorId, LoginId } from '../domain/ids.ts'
import type { Ports } from '../ports/ports.ts'
import { type Call, contactRef, eventContext, inPortal } from './call.ts'
import { toFactor } from './code-to-send.ts'
import { openCode } from './open-code.ts'
import type { Quota } from './portal-day.ts'
import { mustBeRecorded } from './refusals.ts'
import type { SendCode } from './send-code.ts'
import { type CodeView, codeView } from './views.ts'

export interface StartChallenge {
  contactId: ContactId
  loginId: LoginId
  /** Default: the last proved. */
  factorId?: FactorId | undefined
  purpose?: 'login' | 'change_factor' | undefined
  locale?: string | undefined
}

/** Starts a challenge and sends its first code; while one of the same login, purpose and factor is pending, answers that one. */
export function makeStartChallenge(ports: Ports, sendCode: SendCode) {
  const { settlement, random, secrecy } = ports

  return async (
    call: Call,
    input: StartChallenge,
  ): Promise<{ created: boolean; challenge: CodeView; quota: Quota | null }> => {
    const { contactId, loginId, factorId = null, purpose = 'login', locale } = input
    const ref = contactRef(inPortal(call), contactId)
    const challengeId = random.challengeId()
    const requested = await settlement.requestChallenge(
      { ...ref, type: 'challenge.requested', challengeId, purpose, factorId, epoch: null },
      eventContext(call, random),
    )
    const { portal } = requested.snapshot
    const factor = chooseFactor(requested.snapshot, factorId)
    const { ticket } = mustBeRecorded(requested)

    const binding: CodeBinding = {
      ...ref,
      codeId: challengeId,
      purpose,
      loginDigest: secrecy.digest('login', loginId),
      epoch: portal.epoch,
      ticket,
      pendingFactor: null,
    }
    const sameness = `${factor.factorId}|${portal.epoch}`
    const toSend = { binding, locale, ...toFactor(ports, ref, portal, factor) }
    const { record, quota, created } = await sendCode(call, toSend, code =>
      openCode(ports, { binding, code, sameness, pendingMs: null }),
    )
    return { created, challenge: codeView(record), quota }
  }
}
