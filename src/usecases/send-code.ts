/** Draws a code, places it in the code store, reserves its send, sends it, and takes everything back that did not happen. */
import { boundCode, type CodeBinding, type CodeRecord, type CodeTarget } from '../domain/code.ts'
import { MfaError, unavailable } from '../domain/errors.ts'
import { GUARDED_CODE_LENGTH, portalDayMax, type SendLimit } from '../domain/limits.ts'
import { renderMessage } from '../domain/message.ts'
import { methods } from '../domain/methods/index.ts'
import type { Portal } from '../domain/settings.ts'
import type { CodeRef, NewCode } from '../ports/code-store.ts'
import type { Ports } from '../ports/ports.ts'
import type { Reserved } from '../ports/send-limits.ts'
import { type Call, eventContext } from './call.ts'
import { type Quota, quotaOfDay } from './portal-day.ts'

export interface CodeToSend {
  binding: CodeBinding
  target: CodeTarget
  portal: Portal
  /** In clear, for the message alone. */
  destination: string
  country: string | null
  locale: string | undefined
  /** Narrowest first. */
  limits: SendLimit[]
}

/** What the code store answered: the code stands there under `sendNo`, or (`sendNo: null`) nothing was placed since one is pending already. */
export interface Placed {
  record: CodeRecord
  sendNo: number | null
}

export type SendCode = (call: Call, toSend: CodeToSend, place: (code: NewCode) => Promise<Placed>) => Promise<Sent>

export interface Sent {
  record: CodeRecord
  /** What is left of the portal's day; null: nothing was sent, or nothing that counts. */
  quota: Quota | null
}

/**
 * Sends at most once. `place` writes the code to the store, then its send is reserved; what is refused later undoes it. Throws what `place` throws, `too_many_messages`, `delivery_failed`, `destination_unreachable` or `unavailable`.
 */
export function makeSendCode(ports: Ports): SendCode {
  const { codes, sendLimits, sender, random } = ports

  return async (call, toSend, place) => {
    const { code, newCode } = drawCode(ports, toSend)
    // The digest names this send: it is unique to the code, and confirm can give back the send of the code that was right.
    const sendId = newCode.digest
    // First the place, then the reservation: of parallel calls for one code only the one that placed it may take from a budget.
    const { record, sendNo } = await place(newCode)
    if (sendNo === null) return { record, quota: null }
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
    return deliver(call, toSend, code, { record, sendNo }, reserved.used, () => undo(true))
  }

  async function deliver(
    call: Call,
    toSend: CodeToSend,
    code: string,
    { record, sendNo }: { record: CodeRecord; sendNo: number },
    used: Record<string, number>,
    undo: () => Promise<void>,
  ): Promise<Sent> {
    const outcome = await sender.send(messageFor(toSend, code))
    ports.meter.count('mfa_sends_total', { method: toSend.target.method, outcome: outcome.outcome })
    if (outcome.outcome === 'refused') {
      await undo()
      await recordEvent(call, toSend, 'send.failed', { by: outcome.by, reason: outcome.reason })
      throw new MfaError(
        outcome.by === 'destination' ? 'destination_unreachable' : 'delivery_failed',
        {},
        { cause: outcome.reason },
      )
    }
    // The message is out: what fails from here on is no reason to say that it is not.
    await Promise.allSettled([
      codes.noteSend(refOf(toSend), sendNo, outcome.outcome),
      reportPortalDay(call, toSend, used),
    ])
    const quota = quotaOfDay(toSend.limits, used, record.readAt)
    return { record: { ...record, delivery: outcome.outcome }, quota }
  }

  /** Undoes what stands; a failure here leaves a budget one poorer, never richer. */
  async function takeBack(toSend: CodeToSend, sendId: string, sendNo: number, granted: boolean): Promise<void> {
    await Promise.allSettled([
      codes.noteSend(refOf(toSend), sendNo, 'refused'),
      granted ? sendLimits.giveBack(sendId, toSend.limits) : undefined,
    ])
  }

  async function limitReached(call: Call, toSend: CodeToSend, refusal: Extract<Reserved, { granted: false }>) {
    const { refused: limit, retryAfterSeconds } = refusal
    ports.meter.count('mfa_limits_reached_total', { limit })
    await recordEvent(call, toSend, 'limit.reached', { limit })
    return new MfaError('too_many_messages', { limit, retryAfterSeconds })
  }

  /** At 80 % of a portal's day the operator hears of it, while logins still go on. */
  async function reportPortalDay(call: Call, toSend: CodeToSend, used: Record<string, number>) {
    const limit = toSend.limits.find(({ name }) => name === 'portal_day')
    const { dailyMessagesMax } = toSend.portal.limits
    if (!limit || used[limit.key] !== portalDayMax(dailyMessagesMax, true)) return
    ports.meter.count('mfa_limits_reached_total', { limit: 'portal_day_share' })
    await recordEvent(call, toSend, 'limit.reached', {
      limit: 'portal_day',
      used: used[limit.key],
      max: dailyMessagesMax,
    })
  }

  function recordEvent(
    call: Call,
    { binding, target }: CodeToSend,
    type: 'send.failed' | 'limit.reached',
    details: object,
  ): Promise<void> {
    return ports.events.record(
      binding.portalId,
      [
        {
          type,
          contactId: binding.contactId,
          organizationId: null,
          details: { ...details, codeId: binding.codeId, purpose: binding.purpose, method: target.method },
        },
      ],
      eventContext(call, random),
    )
  }
}

const refOf = ({ binding }: CodeToSend): CodeRef => binding

function drawCode(
  { random, secrecy }: Ports,
  { binding, target, portal }: CodeToSend,
): { code: string; newCode: NewCode } {
  const { code: settings } = portal.settings
  const codeLength = Math.max(settings.length, portal.guarded ? GUARDED_CODE_LENGTH : 0)
  const code = random.code(codeLength)
  const hashed = secrecy.codeDigest(boundCode(binding, target.factorId, code))
  if (!hashed) throw unavailable(new Error('no current pepper'))
  const lifetimeMs = settings[methods[target.method].lifetimeSetting] * 1000
  return { code, newCode: { ...hashed, codeLength, target, lifetimeMs } }
}

function messageFor({ binding, target, portal, destination, country, locale }: CodeToSend, code: string) {
  const { settings, limits } = portal
  const { channel, lifetimeSetting } = methods[target.method]
  return renderMessage(
    channel,
    {
      purpose: binding.purpose,
      code,
      displayName: settings.displayName,
      lifetimeMinutes: Math.floor(settings.code[lifetimeSetting] / 60),
      autofillDomain: settings.autofillDomain,
      locale: locale ?? settings.locale,
    },
    { destination, country },
    { senderId: (country && limits.senderIds[country]) || null, from: limits.emailFrom },
  )
}
