/** What callers of one portal saw, and a checker that finds in it what no failure of a store excuses. */
import type { Answer } from './service.ts'

export type Operation =
  | 'start_challenge'
  | 'start_enrollment'
  | 'resend_challenge'
  | 'resend_enrollment'
  | 'verify'
  | 'confirm'
  | 'reset'
  | 'turn_off'
  | 'turn_on'

interface Asked {
  operation: Operation
  contactId?: string
  /** Of the challenge or enrollment; for a start the answer tells it. */
  codeId?: string
  /** The code given is certainly not the right one. */
  wrong?: boolean
  /** Idempotency-Key: calls that share it are one guess. */
  key?: string
}

export interface RecordedCall extends Asked {
  beganAt: number
  endedAt: number
  status: number
  /** `code` of a problem document. */
  code: string | null
  requestId: string
}

/** An event of the audit trail, as the API answers it. */
export interface TrailEvent {
  type: string
  requestId: string
  details: { challengeId?: string; enrollmentId?: string }
}

export interface Recorder {
  calls: RecordedCall[]
  /** Makes the call, and notes it with the times of its invocation and completion. */
  record(asked: Asked, call: () => Promise<Answer>): Promise<Answer>
}

export function makeRecorder(now: () => number = () => performance.now()): Recorder {
  const calls: RecordedCall[] = []
  return {
    calls,
    async record(asked, call) {
      const beganAt = now()
      const answer = await call()
      const { status, body, headers } = answer
      const codeId = asked.codeId ?? (asked.operation.startsWith('start') && status < 300 ? body.id : undefined)
      calls.push({
        ...asked,
        ...(codeId ? { codeId } : {}),
        beganAt,
        endedAt: now(),
        status,
        code: status < 400 ? null : body.code,
        requestId: String(headers['x-request-id']),
      })
      return answer
    },
  }
}

const ATTEMPTS_MAX = 5

/** Every breach of the invariants, in words; none: an empty list. */
export const violationsIn = (calls: RecordedCall[], events: TrailEvent[]): string[] =>
  [twoSuccesses, tooManyVerdicts, wrongSuccesses, afterReset, afterTurningOff, lostEvents, inventedEvents].flatMap(
    rule => rule(calls, events),
  )

const succeeded = ({ operation, status }: RecordedCall): boolean =>
  (operation === 'verify' || operation === 'confirm') && status === 200
const failed = ({ code }: RecordedCall): boolean => code === 'code_incorrect'

const WON = /^(challenge\.verified|enrollment\.confirmed)$/
const LOST = /^(challenge|enrollment)\.failed$/
const codeOf = ({ details }: TrailEvent): string => details.challengeId ?? details.enrollmentId ?? ''

/** I1, as told and as recorded. */
function twoSuccesses(calls: RecordedCall[], events: TrailEvent[]): string[] {
  const told = calls.filter(succeeded).map(({ codeId }) => codeId)
  const recorded = events.filter(({ type }) => WON.test(type)).map(codeOf)
  return [...moreThan(1, told, 'successes told'), ...moreThan(1, recorded, 'successes recorded')]
}

/** I2, as told and as recorded. Copies of one guess are one verdict. */
function tooManyVerdicts(calls: RecordedCall[], events: TrailEvent[]): string[] {
  const guesses = new Map<string, string | undefined>()
  for (const call of calls)
    if (succeeded(call) || failed(call)) guesses.set(`${call.codeId} ${call.key ?? call.requestId}`, call.codeId)
  const recorded = events.filter(({ type }) => WON.test(type) || LOST.test(type)).map(codeOf)
  return [
    ...moreThan(ATTEMPTS_MAX, [...guesses.values()], 'verdicts told'),
    ...moreThan(ATTEMPTS_MAX, recorded, 'verdicts recorded'),
  ]
}

function moreThan(max: number, ids: (string | undefined)[], what: string): string[] {
  const counts = new Map<string | undefined, number>()
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1)
  return [...counts].filter(([, count]) => count > max).map(([id, count]) => `${id}: ${count} ${what}`)
}

const wrongSuccesses = (calls: RecordedCall[]): string[] =>
  calls.filter(call => succeeded(call) && call.wrong).map(({ codeId }) => `${codeId}: a wrong code succeeded`)

/** A code that was out before the reset began is void for every call that begins after the reset was acknowledged. */
const afterReset = (calls: RecordedCall[]): string[] =>
  calls
    .filter(({ operation, status }) => operation === 'reset' && status === 200)
    .flatMap(reset =>
      calls
        .filter(call => succeeded(call) && call.contactId === reset.contactId && call.beganAt > reset.endedAt)
        .filter(({ codeId }) => outBefore(calls, codeId, reset.beganAt))
        .map(({ codeId }) => `${codeId}: succeeded after a reset`),
    )

/** The same for the switch (I7); and while it is off nothing succeeds at all. */
function afterTurningOff(calls: RecordedCall[]): string[] {
  const turnedOn = calls.filter(({ operation }) => operation === 'turn_on').map(({ beganAt }) => beganAt)
  return calls
    .filter(({ operation, status }) => operation === 'turn_off' && status === 200)
    .flatMap(off => {
      const onAgainAt = Math.min(...turnedOn.filter(at => at > off.endedAt))
      return calls
        .filter(call => succeeded(call) && call.beganAt > off.endedAt)
        .filter(({ codeId, endedAt }) => endedAt < onAgainAt || outBefore(calls, codeId, off.beganAt))
        .map(({ codeId }) => `${codeId}: succeeded after MFA was turned off`)
    })
}

const outBefore = (calls: RecordedCall[], codeId: string | undefined, at: number): boolean =>
  calls.some(call => call.operation.startsWith('start') && call.codeId === codeId && call.endedAt < at)

/** The event that an answer promises to be in the trail (I3, I8); null: it promises none. */
function promisedEvent({ operation, status, code }: RecordedCall): string | null {
  switch (operation) {
    case 'start_challenge':
      return status === 201 ? 'challenge.requested' : null
    case 'start_enrollment':
      return status === 201 ? 'enrollment.requested' : null
    case 'resend_challenge':
      return status === 200 ? 'challenge.resent' : null
    case 'resend_enrollment':
      return status === 200 ? 'enrollment.resent' : null
    case 'verify':
      return status === 200 ? 'challenge.verified' : code === 'code_incorrect' ? 'challenge.failed' : null
    case 'confirm':
      return status === 200 ? 'enrollment.confirmed' : code === 'code_incorrect' ? 'enrollment.failed' : null
    case 'reset':
      return status === 200 ? 'contact.reset' : null
    default:
      return null
  }
}

/** What was acknowledged is in the trail: under its own request, or that of an earlier copy whose answer got lost. */
function lostEvents(calls: RecordedCall[], events: TrailEvent[]): string[] {
  const present = new Set(events.map(({ type, requestId }) => `${type} ${requestId}`))
  const copies = Map.groupBy(calls, ({ key, requestId }) => key ?? requestId)
  return calls.flatMap(call => {
    const type = promisedEvent(call)
    const found = (copies.get(call.key ?? call.requestId) ?? []).some(({ requestId }) =>
      present.has(`${type} ${requestId}`),
    )
    return type && !found ? [`${call.codeId ?? call.contactId}: acknowledged, but no ${type}`] : []
  })
}

/** Every verdict in the trail is that of a call, which was told the same or nothing. */
function inventedEvents(calls: RecordedCall[], events: TrailEvent[]): string[] {
  const byRequest = new Map(calls.map(call => [call.requestId, call]))
  return events
    .filter(({ type }) => WON.test(type) || LOST.test(type))
    .filter(event => {
      const call = byRequest.get(event.requestId)
      if (!call || call.codeId !== codeOf(event)) return true
      const silent = call.status >= 500
      return !silent && !(WON.test(event.type) ? succeeded(call) : failed(call) || call.status === 423)
    })
    .map(event => `${codeOf(event)}: ${event.type}, but the caller was told otherwise`)
}
