/** PostgreSQL fails in every way: 503 in time for all that needs it, nothing is sent, and no code is lost or won by it. */
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest'
import type { ServiceBehindProxies } from '../support/behind-proxies.ts'
import { heal } from './after-fault.ts'
import { type CallName, healthy } from './outcomes.ts'
import { mustBearOutage, mustBearSlowness, openWarm, waysToFail } from './under-fault.ts'

const DEADLINE_MS = 2000

let service: ServiceBehindProxies
beforeAll(async () => {
  service = await openWarm(DEADLINE_MS)
})
afterEach(() => heal(service))
afterAll(() => service.close())

const names = Object.keys(healthy) as CallName[]
const needsNoPostgres = { 'read keys': '200' }
const down = {
  ...(Object.fromEntries(names.map(call => [call, '503 unavailable'])) as Record<CallName, string>),
  ...needsNoPostgres,
}

describe('PostgreSQL', () => {
  it.each(waysToFail(DEADLINE_MS, 1000, 1500))(
    'is down, %o: 503 in time, nothing sent; then one success, and five verdicts or four',
    async (fault, ms) => {
      const strike = () => service.proxies.postgres.fail(fault)
      // Redis has charged the attempt before: a guess whose verdict was lost counts all the same.
      await mustBearOutage(service, { strike, outcomes: down, promisedMs: () => ms, lostMax: 1 })
    },
  )

  it('is slow, within its deadline, and everything works', () => mustBearSlowness(service, 'postgres'))
})
