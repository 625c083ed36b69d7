/** Draws a code, places it in the code store, reserves its send, sends it, and takes everything back that did not happen. */
import type { CodeRecord } from '../domain/code.ts'
import { MfaError } from '../domain/errors.ts'
import { portalDayMax } from '../domain/limits.ts'
import type { NewCode } from '../ports/code-store.ts'
import type { SendOutcome } from '../ports/message-sender.ts'
import type { Ports } from '../ports/ports.ts'
import type { Reserved } from '../ports/send-limits.ts'
import { type Call, eventContext } from './call.ts'
import type { CodeToSend } from './code-to-send.ts'
import { drawCode, messageFor } from './draw-code.ts'
import { type Quota, quotaOfDay } from './portal-day.ts'

/** What the code store answered: the code stands there under `sendNo`, or (`sendNo: null`) nothing was placed since one is pending already. */
export interface Placed {
  record: CodeRecord
  sendNo: number | null
}

export interface Sent {
  record: CodeRecord
  /** What is left of the portal's day; null: nothing was sent, or nothing that counts. */
  quota: Quota | null
  /** False: one was pending already, nothing was sent. */
  created: boolean
}

export type SendCode = (call: Call, toSend: CodeToSend, place: (code: NewCode) => Promise<Placed>) => Promise<Sent>

/**
 * Sends at most once. `place` writes the code to the store, then its send is reserved; what is refused later undoes it. Throws what `place` throws, `too_many_messages`, `delivery_failed`, `destination_unreachable` or `unavailable`.
 */
export function makeSendCode(ports: Ports): SendCode {
  const { codes, sendLimits, sender, meter } = ports

  return async (call, toSend, place) => {
    const { code, newCode } = drawCode(ports, toSend)
    // The digest names this send: it is unique to the code, and confirm can give back the send of the code that was right.
    const sendId = newCode.digest
    // First the place, then the reservation: of parallel calls for one code only the one that placed it may take from a budget.
    const { record, sendNo } = await place(newCode)
    if (sendNo === null) return { record, quota: null, created: false }
    const undo = (granted: boolean) => takeBack(toSend, sendId, sendNo, granted)
    let reserved: Reserved
    try {
      reserved = await sendLimits.reserve(sendId, toSend.limits)
    } catch (error) {
      await undo(false)
      throw error
    }
    if (!reserved.granted) {
      await undo(false)
      throw await limitReached(call, toSend, reserved)
    }
    const outcome = await deliver(toSend, code)
    if (outcome.outcome === 'refused') {
      await undo(true)
      throw await sendFailed(call, toSend, outcome)
    }
    const { used } = reserved
    // The message is out: what fails from here on is no reason to say that it is not.
    await Promise.allSettled([
      codes.noteSend(toSend.binding, sendNo, outcome.outcome),
      reportPortalDay(call, toSend, used),
    ])
    const quota = quotaOfDay(toSend.limits, used, record.readAt)
    return { record: { ...record, delivery: outcome.outcome }, quota, created: true }
  }

  async function deliver(toSend: CodeToSend, code: string): Promise<SendOutcome> {
    const outcome = await sender.send(messageFor(toSend, code))
    meter.count('mfa_sends_total', { method: toSend.target.method, outcome: outcome.outcome })
    return outcome
  }

  /** Undoes what stands; a failure here leaves a budget one poorer, never richer. */
  async function takeBack(toSend: CodeToSend, sendId: string, sendNo: number, granted: boolean): Promise<void> {
    await Promise.allSettled([
      codes.noteSend(toSend.binding, sendNo, 'refused'),
      granted ? sendLimits.giveBack(sendId, toSend.limits) : undefined,
    ])
  }

  async function limitReached(call: Call, toSend: CodeToSend, refusal: Extract<Reserved, { granted: false }>) {
    const { refused: limit, retryAfterSeconds } = refusal
    meter.count('mfa_limits_reached_total', { limit })
    await recordEvent(call, toSend, 'limit.reached', { limit })
    return new MfaError('too_many_messages', { limit, retryAfterSeconds })
  }

  async function sendFailed(call: Call, toSend: CodeToSend, refusal: Extract<SendOutcome, { outcome: 'refused' }>) {
    const { by, reason } = refusal
    await recordEvent(call, toSend, 'send.failed', { by, reason })
    return new MfaError(by === 'destination' ? 'destination_unreachable' : 'delivery_failed', {}, { cause: reason })
  }

  /** At 80 % of a portal's day the operator hears of it, while logins still go on. */
  async function reportPortalDay(call: Call, toSend: CodeToSend, used: Record<string, number>) {
    const limit = toSend.limits.find(({ name }) => name === 'portal_day')
    const { dailyMessagesMax: max } = toSend.portal.limits
    if (!limit || used[limit.key] !== portalDayMax(max, true)) return
    meter.count('mfa_limits_reached_total', { limit: 'portal_day_share' })
    await recordEvent(call, toSend, 'limit.reached', { limit: 'portal_day', used: used[limit.key], max })
  }

  function recordEvent(
    call: Call,
    { binding, target }: CodeToSend,
    type: 'send.failed' | 'limit.reached',
    more: object,
  ): Promise<void> {
    const { portalId, contactId, codeId, purpose } = binding
    const details = { ...more, codeId, purpose, method: target.method }
    return ports.events.record(
      portalId,
      [{ type, contactId, organizationId: null, details }],
      eventContext(call, ports.random),
    )
  }
}
