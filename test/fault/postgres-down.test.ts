/** PostgreSQL fails in every way: 503 in time for all that needs it, nothing is sent, and no code is lost or won by it. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Fault } from '../support/fault-proxy.ts'
import { healthy } from './calls.ts'
import {
  heal,
  mustBeInTime,
  mustHaveFiveVerdicts,
  mustKeepOldCode,
  mustLookTheSame,
  mustRecover,
  mustSayWhen,
  mustSendAnew,
  mustWinOnce,
  openWarm,
  underFault,
  type WarmService,
} from './under-fault.ts'

const DEADLINE_MS = 2000

let service: WarmService
beforeAll(async () => {
  service = await openWarm(DEADLINE_MS)
})
afterEach(() => heal(service))
afterAll(() => service.close())

const faults: [Fault, promisedMs: number][] = [
  [{ kind: 'refuse' }, 0],
  [{ kind: 'reset' }, 0],
  [{ kind: 'black hole' }, DEADLINE_MS],
  [{ kind: 'half-open', lost: 'requests' }, DEADLINE_MS],
  [{ kind: 'half-open', lost: 'answers' }, DEADLINE_MS],
  [{ kind: 'slow close', ms: 1000 }, DEADLINE_MS],
  [{ kind: 'latency', ms: 1500 }, DEADLINE_MS],
]

const needsNoPostgres = { 'read keys': '200' }
const down = { ...Object.fromEntries(Object.keys(healthy).map(call => [call, '503 unavailable'])), ...needsNoPostgres }

describe('PostgreSQL is down', () => {
  it.each(faults)('%o: 503 in time, nothing sent; then one success and five verdicts at most', async (fault, ms) => {
    const outcome = await underFault(service, () => service.proxies.postgres.fail(fault))
    expect(outcome.outcomes).toEqual(down)
    expect(outcome.sent()).toBe(0)
    mustBeInTime(outcome, () => ms)
    mustSayWhen(outcome)
    mustLookTheSame(outcome)
    await mustRecover(service, outcome)
    await mustWinOnce(outcome)
    await mustHaveFiveVerdicts(outcome)
    await mustKeepOldCode(outcome)
    await mustSendAnew(outcome)
  })
})

describe('PostgreSQL is slow, within its deadline', () => {
  it('and everything works', async () => {
    const slow = () => service.proxies.postgres.fail({ kind: 'latency', ms: 20 })
    await vi.waitFor(async () => expect((await underFault(service, slow)).outcomes).toEqual(healthy), 60_000)
  })
})
