/** Redis fails in every way: no code is sent or compared, at most an attempt is lost, and whatever needs no Redis works. */
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest'
import type { ServiceBehindProxies } from '../support/behind-proxies.ts'
import { heal } from './after-fault.ts'
import { redisDown } from './outcomes.ts'
import { mustBearOutage, mustBearSlowness, openWarm, waysToFail } from './under-fault.ts'

const DEADLINE_MS = 300

let service: ServiceBehindProxies
beforeAll(async () => {
  service = await openWarm(null)
})
afterEach(() => heal(service))
afterAll(() => service.close())

describe('Redis', () => {
  it.each(waysToFail(DEADLINE_MS, 200, 400))(
    'is down, %o: no code sent or compared, the rest works; then one success, and five verdicts or four',
    async (fault, ms) => {
      const strike = () => service.proxies.redis.fail(fault)
      // A start that failed asks a second time, to be taken back.
      const promisedMs = (call: string) => (/start|sendCode/.test(call) ? 2 * ms : ms)
      await mustBearOutage(service, { strike, outcomes: redisDown, promisedMs, lostMax: 1 })
    },
  )

  it('is slow, within its deadline, and everything works', () => mustBearSlowness(service, 'redis'))
})
