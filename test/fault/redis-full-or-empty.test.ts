/** Redis answers, but has no room (`noeviction`), or has lost all that it had. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { ServiceBehindProxies } from '../support/behind-proxies.ts'
import { wrong } from '../support/portal.ts'
import { heal, mustHaveFiveVerdicts } from './after-fault.ts'
import { healthy, redisDown } from './outcomes.ts'
import { mustBearOutage, mustBeInTime, mustLookTheSame, openWarm, underFault } from './under-fault.ts'

let service: ServiceBehindProxies
beforeAll(async () => {
  service = await openWarm(20_000)
})
afterEach(() => heal(service))
afterAll(() => service.close())

// O-20: a full store answers OOM to every write.
describe('Redis is full', () => {
  it('no code is sent or compared, no attempt is lost, what only reads works, and the rest does', async () => {
    const strike = () => service.redis.tell('CONFIG', 'SET', 'maxmemory', '1')
    const outcomes = { ...redisDown, 'read challenge': '200 sent' }
    await mustBearOutage(service, { strike, outcomes, promisedMs: () => 0, lostMax: 0 })
  })
})

const lost = {
  ...healthy,
  'resend enrollment': '404 not_found',
  'confirm right': '404 not_found',
  'confirm wrong': '404 not_found',
  'resend challenge': '404 not_found',
  'read challenge': '404 not_found',
  'verify right': '404 not_found',
  'verify wrong': '404 not_found',
  'verify right, with key': '404 not_found',
}

describe('Redis has lost its data', () => {
  it('what was pending is not found, for right and wrong alike; everything else works, a new start as well', async () => {
    const outcome = await underFault(service, () => service.redis.flush())
    expect(outcome.outcomes).toEqual(lost)
    mustLookTheSame(outcome)
    const { acme, calls } = outcome
    for (const { contactId } of [calls.challenges.right, calls.challenges.wrong]) {
      const challenge = await acme.challenge(contactId)
      expect((await acme.verify(contactId, challenge, wrong(challenge.code))).status).toBe(422)
      expect((await acme.verify(contactId, challenge, challenge.code)).status).toBe(200)
    }
    await mustBeInTime(service, outcome, () => 0)
  })

  // Redis restored from an older copy: the codes that were used since are pending there again.
  it('I1: a code that won is not good again in a Redis that has forgotten it', async () => {
    const outcome = await underFault(service, () => {})
    const { acme, calls } = outcome
    expect(outcome.outcomes['verify right']).toBe('200 verified')
    const { right } = calls.challenges
    await service.redis.tell('HSET', recordOf(acme.portalId, right), 'state', 'pending', 'attempts', '5')
    for (let guess = 0; guess < 2; guess++)
      expect((await acme.verify(right.contactId, right, right.code)).body.code).toBe('already_used')
  })

  it('I2: attempts that were spent are not there again in a Redis that has forgotten them', async () => {
    const outcome = await underFault(service, () => {})
    const { acme, calls } = outcome
    await mustHaveFiveVerdicts(outcome, 0)
    const { wrong: pending } = calls.challenges
    await service.redis.tell('HSET', recordOf(acme.portalId, pending), 'state', 'pending', 'attempts', '5')
    await service.redis.tell('HDEL', recordOf(acme.portalId, pending), 'endedAt')
    for (const code of [wrong(pending.code), pending.code])
      expect((await acme.verify(pending.contactId, pending, code)).body.code).toBe('attempts_exhausted')
  })
})

const recordOf = (portalId: string, { contactId, id }: { contactId: string; id: string }) =>
  `{c/${portalId}/${contactId}}/${id}`
