/** Redis fails in every way: no code is sent or compared, at most an attempt is lost, and whatever needs no Redis works. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Fault } from '../support/fault-proxy.ts'
import { healthy, redisDown } from './calls.ts'
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

const DEADLINE_MS = 300

let service: WarmService
beforeAll(async () => {
  service = await openWarm(null)
})
afterEach(() => heal(service))
afterAll(() => service.close())

const faults: [Fault, promisedMs: number][] = [
  [{ kind: 'refuse' }, 0],
  [{ kind: 'reset' }, 0],
  [{ kind: 'black hole' }, DEADLINE_MS],
  [{ kind: 'half-open', lost: 'requests' }, DEADLINE_MS],
  [{ kind: 'half-open', lost: 'answers' }, DEADLINE_MS],
  [{ kind: 'slow close', ms: 200 }, DEADLINE_MS],
  [{ kind: 'latency', ms: 400 }, DEADLINE_MS],
]

describe('Redis is down', () => {
  it.each(faults)('%o: no code sent or compared, the rest works; then five verdicts at most', async (fault, ms) => {
    const outcome = await underFault(service, () => service.proxies.redis.fail(fault))
    expect(outcome.outcomes).toEqual(redisDown)
    expect(outcome.sent()).toBe(0)
    // A start that failed asks a second time, to be taken back.
    mustBeInTime(outcome, call => (/start|sendCode/.test(call) ? 2 * ms : ms))
    mustSayWhen(outcome)
    mustLookTheSame(outcome)
    await mustRecover(service, outcome)
    await mustWinOnce(outcome)
    await mustHaveFiveVerdicts(outcome)
    await mustKeepOldCode(outcome)
    await mustSendAnew(outcome)
  })
})

describe('Redis is slow, within its deadline', () => {
  it('and everything works', async () => {
    const slow = () => service.proxies.redis.fail({ kind: 'latency', ms: 20 })
    await vi.waitFor(async () => expect((await underFault(service, slow)).outcomes).toEqual(healthy), 60_000)
  })
})
