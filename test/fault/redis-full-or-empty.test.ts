/** Redis answers, but has no room (`noeviction`), or has lost all that it had. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { wrong } from '../support/portal.ts'
import { tell } from '../support/redis.ts'
import { healthy, redisDown } from './calls.ts'
import {
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

let service: WarmService
beforeAll(async () => {
  service = await openWarm(20_000)
})
afterEach(() => tell(service.redis.url, 'CONFIG', 'SET', 'maxmemory', '0'))
afterAll(() => service.close())

// O-20: a full store answers OOM to every write.
describe('Redis is full', () => {
  it('no code is sent or compared, no attempt is lost, what only reads works, and the rest does', async () => {
    const outcome = await underFault(service, () => tell(service.redis.url, 'CONFIG', 'SET', 'maxmemory', '1'))
    expect(outcome.outcomes).toEqual({ ...redisDown, 'read challenge': '200 sent' })
    expect(outcome.sent()).toBe(0)
    mustBeInTime(outcome, () => 0)
    mustSayWhen(outcome)
    mustLookTheSame(outcome)
    await tell(service.redis.url, 'CONFIG', 'SET', 'maxmemory', '0')
    await mustRecover(service, outcome)
    await mustWinOnce(outcome)
    expect(await mustHaveFiveVerdicts(outcome)).toBe(5)
    await mustKeepOldCode(outcome)
    await mustSendAnew(outcome)
  })
})

const lost = {
  ...healthy,
  'resend enrollment': '404 not_found',
  confirm: '404 not_found',
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
    mustBeInTime(outcome, () => 0)
    mustLookTheSame(outcome)
    const { acme, calls } = outcome
    for (const { contactId } of [calls.right, calls.wrong]) {
      const challenge = await acme.challenge(contactId)
      expect((await acme.verify(contactId, challenge, wrong(challenge.code))).status).toBe(422)
      expect((await acme.verify(contactId, challenge, challenge.code)).status).toBe(200)
    }
  })

  // Redis restored from an older copy: the codes that were used since are pending there again.
  it('I1: a code that won is not good again in a Redis that has forgotten it', async () => {
    const outcome = await underFault(service, () => {})
    const { acme, calls } = outcome
    expect(outcome.outcomes['verify right']).toBe('200 verified')
    const { right } = calls
    await tell(service.redis.url, 'HSET', recordOf(acme.portalId, right), 'state', 'pending', 'attempts', '5')
    for (let guess = 0; guess < 2; guess++)
      expect((await acme.verify(right.contactId, right, right.code)).body.code).toBe('already_used')
  })

  it('I2: attempts that were spent are not there again in a Redis that has forgotten them', async () => {
    const outcome = await underFault(service, () => {})
    const { acme, calls } = outcome
    expect(await mustHaveFiveVerdicts(outcome)).toBe(5)
    await tell(service.redis.url, 'HSET', recordOf(acme.portalId, calls.wrong), 'state', 'pending', 'attempts', '5')
    await tell(service.redis.url, 'HDEL', recordOf(acme.portalId, calls.wrong), 'endedAt')
    for (const code of [wrong(calls.wrong.code), calls.wrong.code])
      expect((await acme.verify(calls.wrong.contactId, calls.wrong, code)).body.code).toBe('attempts_exhausted')
  })
})

const recordOf = (portalId: string, { contactId, id }: { contactId: string; id: string }) =>
  `{c/${portalId}/${contactId}}/${id}`
