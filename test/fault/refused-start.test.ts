/** A process that could not keep its promises says what to set and ends, before it listens. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openSurroundings, readiness, type Surroundings, spawnProcess } from '../support/process.ts'
import { startRedis } from '../support/redis.ts'

let around: Surroundings
beforeAll(async () => {
  around = await openSurroundings()
})
afterAll(() => around?.close())

/** The output of a process that was given this and must not have started. */
async function refusedWith(more: Record<string, string | undefined>): Promise<string> {
  const service = await spawnProcess(around, more)
  expect(await service.ended()).toBe(1)
  expect(await readiness(service.url)).toBeNull()
  const output = service.output()
  expect(output).toMatch(/^portal-mfa cannot start/)
  expect(output).not.toContain('    at ')
  const { MFA_MASTER_KEYS, MFA_OPERATOR_SECRET, DATABASE_URL } = { ...around.env, ...more }
  const secrets = [MFA_MASTER_KEYS?.split(':')[1], MFA_OPERATOR_SECRET, DATABASE_URL, around.env.DATABASE_URL]
  for (const secret of secrets.filter(Boolean)) expect(output).not.toContain(secret)
  return output
}

const short = randomBytes(16).toString('base64')

it.each<[string, Record<string, string | undefined>, string]>([
  ['no master key', { MFA_MASTER_KEYS: undefined }, 'MFA_MASTER_KEYS is required'],
  ['a short master key', { MFA_MASTER_KEYS: `k1:${short}` }, 'MFA_MASTER_KEYS: each key is 32 random bytes in base64'],
  ['no operator secret', { MFA_OPERATOR_SECRET: undefined }, 'MFA_OPERATOR_SECRET is required'],
  ['a short operator secret', { MFA_OPERATOR_SECRET: 'short-secret' }, 'MFA_OPERATOR_SECRET: at least 32 characters'],
])('with %s it says so, and nothing else', async (_, given, problem) => {
  expect(await refusedWith(given)).toBe(`portal-mfa cannot start:\n  - ${problem}\n`)
})

it('with all of them missing it names them all at once', async () => {
  const output = await refusedWith({
    MFA_MASTER_KEYS: undefined,
    MFA_OPERATOR_SECRET: undefined,
    DATABASE_URL: undefined,
  })
  for (const name of ['MFA_MASTER_KEYS', 'MFA_OPERATOR_SECRET', 'DATABASE_URL'])
    expect(output).toContain(`${name} is required`)
})

it('with another master key than the database was made with it names the one that is missing or another', async () => {
  const first = await spawnProcess(around)
  await expect.poll(() => readiness(first.url), { timeout: 20_000 }).toBe(200)
  first.child.kill('SIGKILL')
  await first.ended()
  const output = await refusedWith({ MFA_MASTER_KEYS: `k1:${randomBytes(32).toString('base64')}` })
  expect(output).toContain('master key k1 is another than the one of that name that this database knows')
})

// I2, I11: a Redis that evicts keys forgets limits and attempts while it seems to work.
it('with a Redis that may evict keys it names the policy and the one to set', async () => {
  const evicting = await startRedis({ options: ['--maxmemory-policy', 'allkeys-lru'] })
  const output = await refusedWith({ REDIS_URL: evicting.url })
  expect(output).toContain('maxmemory-policy: allkeys-lru')
  expect(output).toContain('it must be noeviction')
  await evicting.stop()
})
