/** One challenge in the middle of an outage: nothing is decided without its charge, nothing is lost that was not, and what became void stays so. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { openService, type Service } from '../../src/service.ts'
import type { ServiceBehindProxies } from '../support/behind-proxies.ts'
import type { Fault } from '../support/fault-proxy.ts'
import { fresh, freshNumber, openPortal, type TestPortal, tokenOf, wrong } from '../support/portal.ts'
import { heal, mustRecover } from './after-fault.ts'
import { challenged, type Pending, portalSettings } from './pending.ts'
import { openWarm } from './under-fault.ts'

/** Of both stores: no answer here depends on which. */
const DEADLINE_MS = 2000

let service: ServiceBehindProxies
let acme: TestPortal
beforeAll(async () => {
  service = await openWarm(DEADLINE_MS)
  acme = await openPortal(service, portalSettings)
})
afterEach(() => heal(service))
afterAll(() => service.close())

const verify = (challenge: Pending, code: string, headers = {}) =>
  acme.verify(challenge.contactId, challenge, code, headers)
const failures = async ({ contactId }: Pending): Promise<number> =>
  (await acme.masterAdmin.get(`/v1/events?contactId=${contactId}&type=challenge.failed`)).body.items.length

/** PostgreSQL does what it is told, and nobody hears of it. Over connections that stand, and more than the jobs take. */
async function loseAnswers(): Promise<void> {
  await Promise.all(Array.from({ length: 16 }, () => acme.decide('anybody')))
  await service.proxies.postgres.fail({ kind: 'half-open', lost: 'answers' })
}

// B-05: the row that counts was taken before a failing step, and lost with it: locked out of the challenge.
describe('B-05: PostgreSQL fails between the attempt and its verdict', () => {
  it('and the challenge is as usable as before: the right code wins, a wrong one is told and charged', async () => {
    const [right, wronged] = [await challenged(acme), await challenged(acme)]
    await service.proxies.postgres.fail({ kind: 'refuse' })
    for (const challenge of [right, wronged]) expect((await verify(challenge, challenge.code)).status).toBe(503)
    await mustRecover(service, { acme })
    expect(await verify(wronged, wrong(wronged.code))).toMatchObject({ status: 422, body: { attemptsLeft: 3 } })
    expect(await failures(wronged)).toBe(1)
    expect((await verify(right, right.code)).status).toBe(200)
  })

  it('and repeats of one click spend one attempt, however often they fail', async () => {
    const challenge = await challenged(acme)
    const headers = { 'idempotency-key': fresh('click') }
    await service.proxies.postgres.fail({ kind: 'refuse' })
    for (let at = 0; at < 8; at++) expect((await verify(challenge, challenge.code, headers)).status).toBe(503)
    await mustRecover(service, { acme })
    expect((await verify(challenge, wrong(challenge.code))).body.attemptsLeft).toBe(3)
    expect((await verify(challenge, challenge.code, headers)).status).toBe(200)
  })

  // An outage as a free oracle: guesses whose answer is lost, again and again, until one of them must have been right.
  it('and guesses that were never answered count against the five attempts all the same', async () => {
    const challenge = await challenged(acme)
    await service.proxies.postgres.fail({ kind: 'refuse' })
    for (let at = 0; at < 8; at++) await verify(challenge, wrong(challenge.code))
    await mustRecover(service, { acme })
    expect((await verify(challenge, challenge.code)).body.code).toBe('attempts_exhausted')
    expect(await failures(challenge)).toBe(0)
  })

  it('and when the verdict was committed unseen, the code has been used, by nobody else', async () => {
    const challenge = await challenged(acme)
    await loseAnswers()
    expect((await verify(challenge, challenge.code)).status).toBe(503)
    await mustRecover(service, { acme })
    expect((await verify(challenge, challenge.code)).body.code).toBe('already_used')
  })

  it('and a verdict committed unseen is told to the click that it belongs to', async () => {
    const challenge = await challenged(acme)
    const headers = { 'idempotency-key': fresh('click') }
    await loseAnswers()
    expect((await verify(challenge, challenge.code, headers)).status).toBe(503)
    await mustRecover(service, { acme })
    expect((await verify(challenge, challenge.code, headers)).body.status).toBe('verified')
    expect((await verify(challenge, challenge.code)).body.code).toBe('already_used')
  })
})

const outages: Fault[] = [{ kind: 'refuse' }, { kind: 'reset' }, { kind: 'black hole' }]

// O-21: a store that is restarting was taken for "no such session", and the session was thrown away.
describe('O-21: Redis is away for a moment', () => {
  it.each(outages)('%o: 503 and come again, never 404 or 410, and no attempt is spent', async fault => {
    const challenge = await challenged(acme)
    await service.proxies.redis.fail(fault)
    for (const code of [challenge.code, wrong(challenge.code)])
      expect(await verify(challenge, code)).toMatchObject({ status: 503, headers: { 'retry-after': '2' } })
    await mustRecover(service, { acme })
    expect((await verify(challenge, wrong(challenge.code))).body.attemptsLeft).toBe(4)
    expect((await verify(challenge, challenge.code)).status).toBe(200)
  })
})

describe('Redis is away while what it holds becomes void', () => {
  const voiding: [string, (portal: TestPortal, contactId: string) => Promise<unknown>, code: string][] = [
    ['a reset', (portal, contactId) => portal.masterAdmin.post(`/v1/contacts/${contactId}/reset`, {}), 'cancelled'],
    ['an erasure', (portal, contactId) => portal.masterAdmin.delete(`/v1/contacts/${contactId}`), 'cancelled'],
    ['MFA turned off', portal => portal.settings({ enabled: false }), 'mfa_disabled'],
    [
      'MFA turned off and on',
      async portal => {
        await portal.settings({ enabled: false })
        await portal.settings({ enabled: true })
      },
      'cancelled',
    ],
    ['its method removed', portal => portal.settings({ methods: ['email'] }), 'method_not_allowed'],
  ]

  it.each(voiding)('%s works without it, and its right code is worth nothing afterwards', async (_, change, code) => {
    const portal = await openPortal(service, portalSettings)
    const challenge = await challenged(portal)
    const [newcomer, loginId, destination] = [fresh('contact'), fresh('login'), freshNumber()]
    const start = { organizationId: 'org', loginId, method: 'sms', destination }
    const { body: enrollment } = await portal.portal.post(`/v1/contacts/${newcomer}/enrollments`, start)
    await service.proxies.redis.fail({ kind: 'refuse' })
    for (const contactId of [challenge.contactId, newcomer]) await change(portal, contactId)
    await mustRecover(service, { acme: portal })
    expect((await portal.verify(challenge.contactId, challenge, challenge.code)).body.code).toBe(code)
    const confirm = `/v1/contacts/${newcomer}/enrollments/${enrollment.id}/confirm`
    const confirmed = await portal.portal.post(confirm, { code: await portal.codeAt(destination), loginId })
    expect(confirmed.body.code).toBe(code)
  })
})

// BRUTE-8: a limiter that is silently absent because its store is missing (CVE-2021-41177): guesses without a limit.
describe('BRUTE-8: the service is started while Redis is down', () => {
  let late: Service | undefined
  afterEach(() => late?.close())

  it('and compares no code, sends none, still decides, and counts as ever once Redis is there', async () => {
    const challenge = await challenged(acme)
    await service.proxies.redis.fail({ kind: 'refuse' })
    late = await openService(service.config, false, { deadlineMs: DEADLINE_MS })
    const { app } = late
    const headers = { authorization: `Bearer ${await tokenOf(service, acme.client)}` }
    const post = async (path: string, payload: object) => {
      const answer = await app.inject({
        method: 'POST',
        url: `/v1/contacts/${challenge.contactId}${path}`,
        payload,
        headers,
      })
      return answer.json()
    }
    const { loginId } = challenge
    const guess = (code: string) => post(`/challenges/${challenge.id}/verify`, { code, loginId })
    const before = service.sends()
    for (let at = 0; at < 20; at++)
      for (const code of [challenge.code, wrong(challenge.code)]) expect((await guess(code)).code).toBe('unavailable')
    expect((await post('/challenges', { loginId: fresh('login') })).code).toBe('unavailable')
    expect(service.sends()).toBe(before)
    expect((await app.inject('/health/ready')).statusCode).toBe(503)
    expect((await post('/logins', { organizationId: 'org', loginId })).decision).toBe('challenge')

    await heal(service)
    await vi.waitFor(async () => expect((await app.inject('/health/ready')).statusCode).toBe(200), { timeout: 10_000 })
    const left = []
    for (let at = 0; at < 7; at++) left.push((await guess(wrong(challenge.code))).attemptsLeft)
    expect(left).toEqual([4, 3, 2, 1, 0, undefined, undefined])
    expect((await guess(challenge.code)).code).toBe('attempts_exhausted')
  })
})
