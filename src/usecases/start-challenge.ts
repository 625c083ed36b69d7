import type { CodeBinding } from '../domain/code.ts'
import type { Factor } from '../domain/contact.ts'
import { chooseFactor } from '../domain/eligibility.ts'
import { unavailable } from '../domain/errors.ts'
import type { ContactId, ContactRef, FactorId, LoginId } from '../domain/ids.ts'
import { contactLimit, factorLimit, portalDayLimit, type SendLimit } from '../domain/limits.ts'
import type { Portal } from '../domain/settings.ts'
import type { Ports } from '../ports/ports.ts'
import { type Call, contactRef, eventContext, inPortal } from './call.ts'
import type { Quota } from './portal-day.ts'
import { type CodeToSend, makeSendCode } from './send-code.ts'
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
export function makeStartChallenge(ports: Ports) {
  const { settlement, codes, random, secrecy } = ports
  const sendCode = makeSendCode(ports)

  return async (
    call: Call,
    input: StartChallenge,
  ): Promise<{ created: boolean; challenge: CodeView; quota: Quota | null }> => {
    const { contactId, loginId, factorId = null, purpose = 'login', locale } = input
    const ref = contactRef(inPortal(call), contactId)
    const challengeId = random.challengeId()
    const { snapshot, recorded } = await settlement.requestChallenge(
      { ...ref, type: 'challenge.requested', challengeId, purpose, factorId, epoch: null },
      eventContext(call, random),
    )
    const { portal, contact } = snapshot
    const factor = chooseFactor(snapshot, factorId)
    if (!recorded || !contact) throw unavailable(new Error('the request was not recorded'))

    const binding: CodeBinding = {
      ...ref,
      codeId: challengeId,
      purpose,
      loginDigest: secrecy.digest('login', loginId),
      epoch: portal.epoch,
      ticket: contact.ticket,
      pendingFactor: null,
    }
    let created = false
    const { record, quota } = await sendCode(
      call,
      { binding, locale, ...toFactor(ports, ref, portal, factor) },
      async code => {
        const sameness = `${factor.factorId}|${portal.epoch}`
        const opened = await codes.open({ binding, code, sameness, pendingMs: null })
        created = opened.outcome === 'opened'
        return { record: opened.record, sendNo: created ? 1 : null }
      },
    )
    return { created, challenge: codeView(record), quota }
  }
}

/** Where a code for an active factor goes, and under which limits. */
export function toFactor(
  { secrecy }: Ports,
  ref: ContactRef,
  portal: Portal,
  factor: Factor,
): Omit<CodeToSend, 'binding' | 'locale'> {
  const { factorId, method, destinationMasked, country } = factor
  return {
    portal,
    country,
    target: { factorId, method, destinationMasked },
    destination: secrecy.open(factor.destinationSealed, { ...ref, factorId }),
    limits: [factorLimit(ref.portalId, factorId), contactLimit(ref), ...dayLimit(portal, method, false)],
  }
}

/** The portal's day counts SMS alone. */
export const dayLimit = (portal: Portal, method: string, enrollment: boolean): SendLimit[] =>
  method === 'sms' ? [portalDayLimit(portal.portalId, portal.limits.dailyMessagesMax, enrollment)] : []
