/** One row of the matrix: a portal, a dependency that fails, every call at once, and what is promised of their answers. */
import { expect, vi } from 'vitest'
import { openBehindProxies, type ServiceBehindProxies } from '../support/behind-proxies.ts'
import type { Fault } from '../support/fault-proxy.ts'
import { mustGoOn, mustSendAnew } from './after-fault.ts'
import { prepareScene, type Scene } from './calls.ts'
import { mustNotBeLate } from './in-time.ts'
import { type CallName, healthy } from './outcomes.ts'
import { runCalls, type Told } from './run-calls.ts'

/** ms above the deadlines that no load excuses: such a call hangs. */
const HANGS_MS = 5000

export interface Outcome extends Told, Scene {
  /** Messages that have reached a provider since the fault began. */
  sent(): number
  /** The same once more, in another portal. */
  again(): Promise<Outcome>
}

/**
 * With every connection in place, so that the first row has no more to do than the others. `deadlineMs`: of PostgreSQL and
 * Redis, where a busy machine is not what the rows are about; null: those of production.
 */
export async function openWarm(deadlineMs: number | null): Promise<ServiceBehindProxies> {
  const service = await openBehindProxies(2, deadlineMs)
  await mustBeHealthy(service)
  return service
}

/** All calls answer as when all is well, while `strike` does what it does. */
async function mustBeHealthy(service: ServiceBehindProxies, strike: () => unknown = () => {}): Promise<void> {
  await vi.waitFor(async () => expect((await underFault(service, strike)).outcomes).toEqual(healthy), 60_000)
}

/** `strike` breaks something; `heal` ends it. */
export async function underFault(service: ServiceBehindProxies, strike: () => unknown): Promise<Outcome> {
  const { acme, calls } = await prepareScene(service)
  const before = service.sends()
  await strike()
  const told = await runCalls(calls)
  return { acme, calls, ...told, sent: () => service.sends() - before, again: () => underFault(service, strike) }
}

/** No call took longer than was promised for it. */
export async function mustBeInTime(
  service: ServiceBehindProxies,
  outcome: Outcome,
  promisedMs: (call: string) => number,
): Promise<void> {
  let told: Outcome | null = outcome
  await mustNotBeLate(service, async marginMs => {
    const { took, outcomes } = told ?? (await outcome.again())
    told = null
    const over = (ms: number) => Object.keys(took).filter(call => (took[call] as number) > promisedMs(call) + ms)
    expect(outcomes).toEqual(outcome.outcomes)
    expect(over(HANGS_MS)).toEqual([])
    return over(marginMs)
  })
}

/** Every `unavailable` says when to come again. */
function mustSayWhen({ answers }: Told): void {
  for (const [call, { status, headers, body }] of Object.entries(answers))
    if (status === 503) expect([call, headers['retry-after']]).toEqual([call, `${body.retryAfterSeconds}`])
}

const rightAndWrong: [right: CallName, wrong: CallName][] = [
  ['verify right', 'verify wrong'],
  ['confirm right', 'confirm wrong'],
]

/** ENUM-1: as long as no verdict can be kept, right and wrong look the same. */
export function mustLookTheSame({ answers }: Told): void {
  const seen = (call: CallName) => {
    const { status, body, headers } = answers[call]
    const retryAfter = headers['retry-after']
    return { status, body: { ...body, requestId: '' }, headers: Object.keys(headers), retryAfter }
  }
  for (const [right, wrong] of rightAndWrong) expect(seen(right)).toEqual(seen(wrong))
}

/** Every way in which a store fails and, in ms, how long its callers may then wait: not at all where they are told. */
export const waysToFail = (deadlineMs: number, closesMs: number, lateMs: number): [Fault, promisedMs: number][] => [
  [{ kind: 'refuse' }, 0],
  [{ kind: 'reset' }, 0],
  [{ kind: 'black hole' }, deadlineMs],
  [{ kind: 'unreachable' }, deadlineMs],
  [{ kind: 'half-open', lost: 'requests' }, deadlineMs],
  [{ kind: 'half-open', lost: 'answers' }, deadlineMs],
  [{ kind: 'slow close', ms: closesMs }, deadlineMs],
  [{ kind: 'latency', ms: lateMs }, deadlineMs],
]

interface StoreRow {
  strike(): unknown
  outcomes: Record<CallName, string>
  promisedMs(call: string): number
  /** Attempts of one code. */
  lostMax: number
}

/** Without a store: nothing is sent, nothing is decided, all in time; and with it again, nothing is lost but an attempt. */
export async function mustBearOutage(service: ServiceBehindProxies, row: StoreRow): Promise<void> {
  const outcome = await underFault(service, row.strike)
  expect(outcome.outcomes).toEqual(row.outcomes)
  expect(outcome.sent()).toBe(0)
  mustSayWhen(outcome)
  mustLookTheSame(outcome)
  await mustGoOn(service, outcome, row.lostMax)
  await mustSendAnew(outcome)
  await mustBeInTime(service, outcome, row.promisedMs)
}

/** A store that is slow, within its deadline, changes nothing. */
export const mustBearSlowness = (service: ServiceBehindProxies, store: 'postgres' | 'redis'): Promise<void> =>
  mustBeHealthy(service, () => service.proxies[store].fail({ kind: 'latency', ms: 20 }))
