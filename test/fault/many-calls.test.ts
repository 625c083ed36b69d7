/** Many calls at once while something fails: none hangs, none brings the process down. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openPortal, type TestPortal } from '../support/portal.ts'
import { challenged, portalSettings } from './calls.ts'
import { heal, marginOver, mustRecover, openWarm, type WarmService } from './under-fault.ts'

let service: WarmService
let acme: TestPortal
beforeAll(async () => {
  service = await openWarm(null)
  acme = await openPortal(service, portalSettings)
})
afterEach(() => heal(service))
afterAll(() => service.close())

const REDIS_DEADLINE_MS = 300
const POSTGRES_DEADLINE_MS = 2000

/** Runs `call` so many times, `width` at a time; ms of the slowest but one in a hundred, and what was answered. */
async function crowd(times: number, width: number, call: () => Promise<{ status: number }>) {
  const [took, statuses]: [number[], Set<number>] = [[], new Set()]
  const one = async (): Promise<void> => {
    if (took.length >= times) return
    const begun = performance.now()
    statuses.add((await call()).status)
    took.push(performance.now() - begun)
    return one()
  }
  await Promise.all(Array.from({ length: width }, one))
  const p99 = took.toSorted((a, b) => a - b)[Math.floor(took.length * 0.99) - 1]
  return { p99: p99 ?? Number.POSITIVE_INFINITY, statuses: [...statuses].sort() }
}

describe('many calls', () => {
  it('O-26: of hundreds that need a silent Redis hardly one takes longer than its deadline', async () => {
    const challenge = await challenged(acme)
    const guess = () => acme.verify(challenge.contactId, challenge, challenge.code)
    const marginMs = marginOver((await crowd(400, 40, guess)).p99)
    await service.proxies.redis.fail({ kind: 'black hole' })
    const { p99, statuses } = await crowd(400, 40, guess)
    expect(statuses).toEqual([503])
    expect(p99).toBeLessThan(REDIS_DEADLINE_MS + marginMs)
  })

  it('and many times more than there are connections to a silent PostgreSQL', async () => {
    const decide = () => acme.decide('anybody')
    const marginMs = marginOver((await crowd(200, 100, decide)).p99)
    await service.proxies.postgres.fail({ kind: 'black hole' })
    const { p99, statuses } = await crowd(200, 100, decide)
    expect(statuses).toEqual([503])
    expect(p99).toBeLessThan(POSTGRES_DEADLINE_MS + marginMs)
    await mustRecover(service, { acme })
  })

  // O-31: a terminated session emits an error that nobody listens to, and the process ends.
  it('O-31: lose their sessions to an operator, again and again, and the service goes on', async () => {
    const terminate = () =>
      service.database.sql(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      )
    const calls = crowd(600, 20, () => acme.decide('anybody'))
    for (let round = 0; round < 5; round++) await terminate()
    for (const status of (await calls).statuses) expect([200, 503]).toContain(status)
    // Idle ones too.
    await terminate()
    await mustRecover(service, { acme })
    expect((await crowd(100, 20, () => acme.decide('anybody'))).statuses).toEqual([200])
  })
})
