/** Something fails in the middle of logins; afterwards the history must hold, and the service must have recovered by itself. */
import { expect, vi } from 'vitest'
import { type RecordedCall, type TrailEvent, violationsIn } from './history.ts'
import { startLoginLoad } from './login-load.ts'
import { fresh, openPortal, type TestPortal } from './portal.ts'
import type { TestService } from './service.ts'

/** What design promises, from the moment that what failed is there again. */
const RECOVERY_MS = 10_000
/** Successes of the load before it fails, and after it has recovered: the load was one, and goes on by itself. */
const SUCCESSES_MIN = 15

const SETTINGS = { enabled: true, code: { smsLifetimeSeconds: 600 } }
const patience = { timeout: 60_000, interval: 20 }

/** Returns the calls that the load made, for further looks. `fault` ends when what failed is there again. */
export async function underLoad(service: TestService, fault: () => Promise<unknown>): Promise<RecordedCall[]> {
  const portal = await openPortal(service, SETTINGS)
  const bystander = await openPortal(service, SETTINGS)
  const load = startLoginLoad(service, portal)
  const successes = () => load.calls.filter(({ operation, status }) => operation === 'verify' && status === 200).length
  const succeeding = async () => {
    const before = successes()
    await vi.waitFor(() => expect(successes()).toBeGreaterThanOrEqual(before + SUCCESSES_MIN), patience)
  }
  try {
    await succeeding()
    await fault()
    await vi.waitFor(() => wholeLogins(service, bystander), { timeout: RECOVERY_MS, interval: 50 })
    await succeeding()
  } finally {
    await load.stop()
  }
  expect(violationsIn(load.calls, await trailOf(portal))).toEqual([])
  expect(unexplained(service)).toEqual([])
  return load.calls
}

/** Every instance is ready, and as many logins pass as there are instances. */
async function wholeLogins(service: TestService, portal: TestPortal): Promise<void> {
  for (const { app } of service.instances) {
    expect((await app.inject('/health/ready')).statusCode).toBe(200)
    await wholeLogin(service, portal)
  }
}

async function wholeLogin(service: TestService, { portal }: TestPortal): Promise<void> {
  const [contactId, loginId] = [fresh('bystander'), fresh('login')]
  const destination = `${contactId}@example.com`
  const prove = async (codes: string, word: string, more: object) => {
    const path = `/v1/contacts/${contactId}/${codes}`
    const started = await portal.post(path, { loginId, ...more })
    expect(started.status).toBe(201)
    const code = service.newestCode(destination)
    expect((await portal.post(`${path}/${started.body.id}/${word}`, { code, loginId })).status).toBe(200)
  }
  await prove('enrollments', 'confirm', { organizationId: 'org', method: 'email', destination })
  await prove('challenges', 'verify', {})
}

/** The portal's whole audit trail. */
async function trailOf({ masterAdmin }: TestPortal): Promise<TrailEvent[]> {
  const trail: TrailEvent[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const { body } = await masterAdmin.get(`/v1/events?limit=200${cursor && `&cursor=${cursor}`}`)
    trail.push(...body.items)
    cursor = body.nextCursor
  }
  return trail
}

/** Places where a 503 began that is no failure of a store, and so a bug. */
function unexplained(service: TestService): string[] {
  const places = service
    .log()
    .split('\n')
    .filter(line => line.endsWith('"msg":"unavailable"}'))
    .map(line => JSON.parse(line).err.stack as string)
  return [...new Set(places)].filter(place => !/adapters\/(redis|postgres)\/failure\.ts/.test(place))
}
