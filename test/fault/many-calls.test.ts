/** Many calls at once while something fails: none hangs, none brings the process down. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Dependency, ServiceBehindProxies } from '../support/behind-proxies.ts'
import { openPortal, type TestPortal } from '../support/portal.ts'
import { heal, mustRecover } from './after-fault.ts'
import { mustNotBeLate } from './in-time.ts'
import { challenged, portalSettings } from './pending.ts'
import { openWarm } from './under-fault.ts'

let service: ServiceBehindProxies
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

type Crowd = Awaited<ReturnType<typeof crowd>>

/** A crowd that a silent dependency keeps waiting: all hear 503, and in time. */
const mustEndInTime = (silent: Dependency, deadlineMs: number, make: () => Promise<Crowd>): Promise<void> =>
  mustNotBeLate(service, async marginMs => {
    await service.proxies[silent].fail({ kind: 'black hole' })
    const { p99, statuses } = await make()
    expect(statuses).toEqual([503])
    await mustRecover(service, { acme })
    return p99 > deadlineMs + marginMs ? ['one call in a hundred'] : []
  })

describe('many calls', () => {
  it('O-26: of hundreds that need a silent Redis hardly one takes longer than its deadline', async () => {
    const challenge = await vi.waitFor(() => challenged(acme), { timeout: 30_000 })
    const guess = () => acme.verify(challenge.contactId, challenge, challenge.code)
    await mustEndInTime('redis', REDIS_DEADLINE_MS, () => crowd(400, 40, guess))
  })

  it('and many times more than there are connections to a silent PostgreSQL', () =>
    mustEndInTime('postgres', POSTGRES_DEADLINE_MS, () => crowd(200, 100, () => acme.decide('anybody'))))

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
