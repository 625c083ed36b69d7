/** A reset leaves nothing behind, even where the store that holds the rest does not answer. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fresh, openPortal, type TestPortal, wrong } from '../support/portal.ts'
import { openReal, type TestService } from '../support/service.ts'

let service: TestService
let acme: TestPortal

beforeAll(async () => {
  service = await openReal(1)
  acme = await openPortal(service)
})
afterAll(() => service.close())

const reset = (contactId: string) => acme.masterAdmin.post(`/v1/contacts/${contactId}/reset`, { reason: 'lost phone' })

describe('a reset', () => {
  // RESET-2: two of six parts cleared.
  it('clears factor, lock, count and open challenges, and nobody else’s', async () => {
    const [contactId, neighbour] = [fresh('reset-2'), fresh('neighbour')]
    await acme.enroll(contactId)
    await acme.enroll(neighbour)
    const spare = await acme.challenge(contactId)
    for (let round = 0; round < 2; round++) {
      const challenge = await acme.challenge(contactId)
      for (let at = 0; at < 5; at++) await acme.verify(contactId, challenge, wrong(challenge.code))
    }
    expect((await acme.decide(contactId)).body.reason).toBe('factor_locked')
    expect((await reset(contactId)).body).toEqual({ cleared: { factors: 1, skip: false, lock: true } })
    expect((await acme.masterAdmin.get(`/v1/contacts/${contactId}`)).body).toMatchObject({
      status: 'not_enrolled',
      factors: [],
      lockedUntil: null,
    })
    expect((await acme.verify(contactId, spare, spare.code)).status).toBe(410)
    expect((await acme.portal.get(`/v1/contacts/${contactId}/challenges/${spare.id}`)).body.status).toBe('cancelled')
    await acme.enroll(contactId)
    const challenge = await acme.challenge(contactId)
    for (let at = 0; at < 4; at++)
      expect((await acme.verify(contactId, challenge, wrong(challenge.code))).status).toBe(422)
    expect((await acme.verify(contactId, challenge, challenge.code)).status).toBe(200)
    expect((await acme.decide(neighbour)).body.decision).toBe('challenge')
  })

  it('is an event with its reason, which an erasure takes away', async () => {
    const contactId = fresh('reasons')
    await acme.enroll(contactId)
    await reset(contactId)
    const events = async () =>
      (await acme.masterAdmin.get(`/v1/events?contactId=${contactId}&type=contact.reset`)).body.items
    expect((await events())[0]).toMatchObject({
      actor: { role: 'master_admin', subject: 'boss' },
      details: { reason: 'lost phone' },
    })
    expect((await acme.masterAdmin.delete(`/v1/contacts/${contactId}`)).status).toBe(204)
    expect((await acme.masterAdmin.get(`/v1/contacts/${contactId}`)).status).toBe(404)
    expect((await events())[0].details.reason).toBeUndefined()
  })

  // The store of codes remembers how a code ended for an hour, with its masked destination.
  it('leaves, with an erasure, nothing to be read, not even how its codes ended', async () => {
    const contactId = fresh('erased')
    await acme.enroll(contactId)
    const ended = await acme.challenge(contactId)
    expect((await acme.verify(contactId, ended, ended.code)).status).toBe(200)
    const pending = await acme.challenge(contactId)
    const read = async ({ id }: { id: string }) =>
      (await acme.portal.get(`/v1/contacts/${contactId}/challenges/${id}`)).status
    expect([await read(ended), await read(pending)]).toEqual([200, 200])
    expect((await acme.masterAdmin.delete(`/v1/contacts/${contactId}`)).status).toBe(204)
    expect([await read(ended), await read(pending)]).toEqual([404, 404])
  })
})

describe('a reset, with the deadlines of production', () => {
  let service: TestService
  let acme: TestPortal
  beforeAll(async () => {
    service = await openReal(1, null)
    acme = await openPortal(service)
  })
  afterAll(() => service.close())

  // ENR-5: what could not be deleted in Redis is void by the contact's ticket.
  it('with Redis down works, and what Redis still holds is void when it is back', async () => {
    const contactId = fresh('enr-5')
    const [loginId, destination] = [fresh('login'), `${fresh('to')}@example.com`]
    const start = { organizationId: 'org', loginId, method: 'email', destination }
    const { body } = await acme.portal.post(`/v1/contacts/${contactId}/enrollments`, start)
    const code = await acme.codeAt(destination)
    service.redis?.pause()
    try {
      expect((await acme.masterAdmin.post(`/v1/contacts/${contactId}/reset`, {})).status).toBe(200)
      expect((await acme.decide(contactId)).body).toMatchObject({ decision: 'enroll', reason: 'reset' })
      const blind = await acme.portal.post(`/v1/contacts/${contactId}/enrollments`, {
        ...start,
        loginId: fresh('login'),
      })
      expect(blind).toMatchObject({ status: 503, body: { code: 'unavailable' } })
    } finally {
      service.redis?.resume()
    }
    const confirm = `/v1/contacts/${contactId}/enrollments/${body.id}/confirm`
    await expect
      .poll(async () => (await acme.portal.post(confirm, { code, loginId })).status, { timeout: 20_000 })
      .toBe(410)
    expect((await acme.masterAdmin.get(`/v1/contacts/${contactId}`)).body.factors).toEqual([])
  })
})
