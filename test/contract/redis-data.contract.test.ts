/** What holds of the data that the adapters keep in a Redis server, whatever they are asked. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeKeys } from '../../src/adapters/redis/keys.ts'
import { contactLimit, portalDayLimit } from '../../src/domain/limits.ts'
import type { TestRedis } from '../support/redis.ts'
import { again, newChallenge, newCode, newEnrollment, newTarget } from './sample-codes.ts'
import { rows, type Stores } from './stores.ts'

const DAY = 86_400_000
const random = (): string => randomBytes(16).toString('base64url')

describe.each(rows.filter(([name]) => name !== 'memory'))('data in %s', (_name, open) => {
  let stores: Stores
  let server: TestRedis
  beforeAll(async () => {
    stores = await open()
    if (!stores.server) throw new Error('this row has no server')
    server = stores.server
  }, 30_000)
  afterAll(() => stores?.close())

  /** Leaves something of every kind behind. */
  async function useEverything(): Promise<void> {
    const { codes, sendLimits, idempotency } = stores
    for (const opening of [newChallenge(), newEnrollment()]) {
      const { binding } = opening
      await codes.open(opening)
      await codes.open(again(opening, { sameness: 'other' }))
      const refused = again(opening, { sameness: 'refused' })
      await codes.open(refused)
      await codes.noteSend(refused.binding, 1, 'refused')
      await codes.renew(binding, newCode(newTarget()))
      await codes.spend(binding, binding.loginDigest, random())
      await codes.noteSend(binding, 1, 'sent')
      await codes.end(binding, 'verified')
      const limits = [contactLimit(binding), portalDayLimit(binding.portalId, 10_000, true)]
      await sendLimits.reserve(random(), limits)
      await sendLimits.reserve(random(), limits)
      await sendLimits.giveBack(random(), limits)
    }
    const scopes = [1, 2, 3].map(() => `acme/${random()}`)
    for (const scope of scopes) await idempotency.begin(scope, 'body', 30_000)
    await idempotency.answer(scopes[0] ?? '', 'body', 'answer', DAY)
    await idempotency.answer(`acme/${random()}`, 'body', 'late answer', DAY)
    await idempotency.release(scopes[1] ?? '')
  }

  // A clean-up that never runs keeps secrets, and fills a server that must not evict.
  it('REUSE-5, I12: every key ends within a day', async () => {
    await useEverything()
    const lines = await server.dump()
    expect(lines.length).toBeGreaterThan(10)
    for (const line of lines) {
      const ttl = Number(line.split(' ')[1])
      expect(ttl, line).toBeGreaterThan(0)
      expect(ttl, line).toBeLessThanOrEqual(DAY)
    }
  })

  it('forgets the hashed codes of what has ended', async () => {
    const challenge = newChallenge()
    await stores.codes.open(challenge)
    expect((await server.dump()).join()).toContain(challenge.code.digest)
    await stores.codes.end(challenge.binding, 'verified')
    expect((await server.dump()).join()).not.toContain(challenge.code.digest)
  })

  it('is missing, and nothing worse, once the server has lost it', async () => {
    const { codes, sendLimits, idempotency } = stores
    const challenge = newChallenge()
    const { binding } = challenge
    const limit = { ...contactLimit(binding), windows: [{ max: 1, seconds: 600 }] }
    const scope = `acme/${random()}`
    await codes.open(challenge)
    await sendLimits.reserve('first', [limit])
    await idempotency.begin(scope, 'body', 30_000)
    await server.flush()
    expect(await codes.read(binding)).toBeNull()
    expect(await codes.spend(binding, binding.loginDigest, 'a')).toEqual({ outcome: 'missing' })
    expect(await codes.renew(binding, newCode(newTarget()))).toEqual({ outcome: 'missing' })
    await codes.noteSend(binding, 1, 'refused')
    await codes.end(binding, 'verified')
    expect(await codes.read(binding)).toBeNull()
    expect((await codes.open(again(challenge))).outcome).toBe('opened')
    expect((await sendLimits.reserve('second', [limit])).granted).toBe(true)
    expect((await idempotency.begin(scope, 'body', 30_000)).outcome).toBe('started')
  })

  it('reads as cancelled when the pointers alone are lost, and takes no attempt', async () => {
    const challenge = newChallenge()
    const { binding } = challenge
    await stores.codes.open(challenge)
    await server.forget(codeKeys(binding)[1])
    expect(await stores.codes.read(binding)).toMatchObject({ status: 'cancelled' })
    expect(await stores.codes.spend(binding, binding.loginDigest, 'a')).toMatchObject({
      outcome: 'over',
      record: { attemptsLeft: 5 },
    })
  })

  it('of an enrollment that an older version has written says that nothing was proved', async () => {
    const enrollment = newEnrollment()
    const { provedBy: _, ...older } = { ...enrollment.binding.pendingFactor, steppedUp: true }
    await stores.codes.open({ ...enrollment, binding: { ...enrollment.binding, pendingFactor: older as never } })
    expect(await stores.codes.read(enrollment.binding)).toMatchObject({
      binding: { pendingFactor: { provedBy: null } },
    })
  })

  it('survives that the server forgets the scripts, also under calls that run side by side', async () => {
    const challenges = Array.from({ length: 40 }, () => newChallenge())
    await Promise.all(challenges.map(challenge => stores.codes.open(challenge)))
    await server.flushScripts()
    const spent = await Promise.all(
      challenges.map(({ binding }) => stores.codes.spend(binding, binding.loginDigest, 'a')),
    )
    expect(spent.every(({ outcome }) => outcome === 'spent')).toBe(true)
    const left = await Promise.all(challenges.map(({ binding }) => stores.codes.read(binding)))
    expect(left.every(record => record?.attemptsLeft === 4)).toBe(true)
  })
})
