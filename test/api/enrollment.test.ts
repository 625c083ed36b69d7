/** From a destination to a factor, and back: who may enroll, what ends a pending enrollment, what removal and reset leave. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fresh, freshNumber, openPortal, type TestPortal, wrong } from '../support/portal.ts'
import { openEmbedded, type TestService } from '../support/service.ts'

let service: TestService
let acme: TestPortal

beforeAll(async () => {
  service = await openEmbedded()
  acme = await openPortal(service)
})
afterAll(() => service.close())

interface Wish {
  loginId?: string
  method?: string
  destination?: string
  assertion?: string | undefined
}

/** Asks for an enrollment; by email unless a wish says otherwise. */
async function start(contactId: string, wish: Wish = {}, portal = acme) {
  const body = {
    organizationId: 'org',
    loginId: fresh('login'),
    method: 'email',
    destination: `${fresh('to')}@example.com`,
    ...wish,
  }
  const path = `/v1/contacts/${contactId}/enrollments`
  const answer = await portal.portal.post(path, body)
  const one = `${path}/${answer.body.id}`
  return {
    answer,
    body,
    read: async () => (await portal.portal.get(one)).body.status as string,
    resend: () => portal.portal.post(`${one}/resend`, {}),
    confirm: (code: string) => portal.portal.post(`${one}/confirm`, { code, loginId: body.loginId }),
  }
}

async function stepUp(contactId: string, purpose = 'change_factor') {
  const challenge = await acme.challenge(contactId, { purpose })
  const { body } = await acme.verify(contactId, challenge, challenge.code)
  return { loginId: challenge.loginId, assertion: body.assertion as string }
}

const contactOf = async (portal: TestPortal, contactId: string) =>
  (await portal.masterAdmin.get(`/v1/contacts/${contactId}`)).body
const reset = (contactId: string) => acme.masterAdmin.post(`/v1/contacts/${contactId}/reset`, {})
const refused = (status: number, code: string) => ({ status, body: { code } })

describe('an enrolled contact', () => {
  // ENR-1: all methods, all orders, the confirmed destination itself among them.
  it.each([
    ['sms', 'sms'],
    ['sms', 'email'],
    ['email', 'sms'],
    ['email', 'email'],
  ])('by %s starts none by %s without a step-up, and nothing is sent', async (held, wished) => {
    const contactId = fresh('enrolled')
    const to = (method: string) => (method === 'sms' ? freshNumber() : `${fresh('to')}@example.com`)
    const { destination } = await acme.enroll(contactId, { method: held, destination: to(held) })
    const sent = (await service.messages()).length
    for (const wish of [to(wished), ...(held === wished ? [destination] : [])])
      expect((await start(contactId, { method: wished, destination: wish })).answer).toMatchObject(
        refused(403, 'step_up_required'),
      )
    expect((await service.messages()).length).toBe(sent)
    expect((await contactOf(acme, contactId)).factors).toHaveLength(1)
  })

  it('with a step-up replaces the factor of the same method, and adds one of another', async () => {
    const contactId = fresh('changer')
    const first = await acme.enroll(contactId)
    const second = await acme.enroll(contactId, await stepUp(contactId))
    expect((await contactOf(acme, contactId)).factors).toMatchObject([{ factorId: second.factorId }])
    expect(second.factorId).not.toBe(first.factorId)
    const address = { method: 'email', destination: `${contactId}@example.com` }
    const added = await acme.enroll(contactId, { ...(await stepUp(contactId)), ...address })
    const ids = (await contactOf(acme, contactId)).factors.map(({ factorId }: { factorId: string }) => factorId)
    expect(ids.sort()).toEqual([second.factorId, added.factorId].sort())
  })

  it('opens several with one step-up, and the first that is confirmed ends the others', async () => {
    const contactId = fresh('changer')
    await acme.enroll(contactId)
    const proof = await stepUp(contactId)
    const first = await start(contactId, proof)
    const code = await acme.codeAt(first.body.destination)
    const second = await start(contactId, proof)
    expect(await first.confirm(code)).toMatchObject(refused(410, 'superseded'))
    expect((await second.confirm(await acme.codeAt(second.body.destination))).status).toBe(200)
    expect((await start(contactId, proof)).answer).toMatchObject(refused(403, 'step_up_required'))
  })
})

// ENR-5: what was pending is dead, by its answer, by its state, and by what it leaves.
describe('a pending enrollment', () => {
  const lock = async (contactId: string, portal: TestPortal) => {
    for (let round = 0; round < 2; round++) {
      const other = await start(contactId, {}, portal)
      const code = await portal.codeAt(other.body.destination)
      for (let at = 0; at < 5; at++) await other.confirm(wrong(code))
    }
  }
  type Ending = (contactId: string, portal: TestPortal) => Promise<unknown>
  it.each<[string, Ending, number, string, string | number]>([
    ['another login’s is confirmed', (id, portal) => portal.enroll(id), 410, 'cancelled', 'cancelled'],
    ['a reset', (id, portal) => portal.masterAdmin.post(`/v1/contacts/${id}/reset`, {}), 410, 'cancelled', 'cancelled'],
    ['an erasure', (id, portal) => portal.masterAdmin.delete(`/v1/contacts/${id}`), 410, 'cancelled', 404],
    ['MFA is off', (_, portal) => portal.settings({ enabled: false }), 409, 'mfa_disabled', 'cancelled'],
    [
      'MFA was off and on',
      async (_, portal) => [await portal.settings({ enabled: false }), await portal.settings({ enabled: true })],
      410,
      'cancelled',
      'cancelled',
    ],
    [
      'its method is removed',
      (_, portal) => portal.settings({ methods: ['sms'] }),
      409,
      'method_not_allowed',
      'cancelled',
    ],
    [
      'its method was removed and is back',
      async (_, portal) => [
        await portal.settings({ methods: ['sms'] }),
        await portal.settings({ methods: ['sms', 'email'] }),
      ],
      410,
      'cancelled',
      'cancelled',
    ],
    ['the contact is locked', lock, 423, 'factor_locked', 'cancelled'],
    ['ten minutes', async () => service.advance(600), 410, 'expired', 'expired'],
  ])('is dead after %s', async (_, happens, status, code, state) => {
    const portal = await openPortal(service)
    const contactId = fresh('pending')
    const mine = await start(contactId, {}, portal)
    const right = await portal.codeAt(mine.body.destination)
    expect(await mine.read()).toBe('pending')
    expect((await portal.decide(contactId)).body.decision).toBe('enroll')
    await happens(contactId, portal)
    expect(await mine.confirm(right)).toMatchObject(refused(status, code))
    expect(await mine.read()).toBe(state)
    expect((await mine.resend()).status).toBeGreaterThanOrEqual(400)
    const { factors = [] } = await contactOf(portal, contactId)
    expect(factors.filter(({ method }: { method: string }) => method === 'email')).toEqual([])
  })

  it('whose code has died is resent, until ten minutes from its start', async () => {
    const mine = await start(fresh('slow'), { method: 'sms', destination: freshNumber() })
    const early = await acme.codeAt(mine.body.destination)
    service.advance(301)
    expect(await mine.confirm(early)).toMatchObject({ status: 410, body: { code: 'expired', sendsLeft: 4 } })
    expect((await mine.resend()).status).toBe(200)
    service.advance(270)
    expect((await mine.confirm(await acme.codeAt(mine.body.destination))).status).toBe(200)
  })

  // ENR-4: shown or sent is not confirmed.
  it('whose attempts are spent is no factor and locks nobody out', async () => {
    const contactId = fresh('typo')
    const mine = await start(contactId)
    const code = await acme.codeAt(mine.body.destination)
    for (const attemptsLeft of [4, 3, 2, 1, 0])
      expect(await mine.confirm(wrong(code))).toMatchObject({ status: 422, body: { attemptsLeft } })
    expect(await mine.confirm(code)).toMatchObject(refused(410, 'attempts_exhausted'))
    expect((await acme.decide(contactId)).body).toMatchObject({ decision: 'enroll', reason: 'not_enrolled' })
    await acme.enroll(contactId)
    expect((await acme.decide(contactId)).body.decision).toBe('challenge')
  })
})

describe('removing a factor', () => {
  const remove = (contactId: string, factorId: string, body?: object) =>
    acme.portal.delete(`/v1/contacts/${contactId}/factors/${factorId}`, body)

  it('needs the step-up of this contact, and leaves one that counts', async () => {
    const [contactId, other] = [fresh('remover'), fresh('other')]
    const phone = await acme.enroll(contactId)
    const foreign = await acme.enroll(other)
    const alone = await stepUp(contactId)
    expect(await remove(contactId, phone.factorId, { assertion: alone.assertion })).toMatchObject(
      refused(409, 'last_factor'),
    )
    const address = { method: 'email', destination: `${contactId}@example.com` }
    const mail = await acme.enroll(contactId, { ...alone, ...address })
    const [proof, login, others] = [await stepUp(contactId), await stepUp(contactId, 'login'), await stepUp(other)]
    expect((await remove(contactId, phone.factorId)).status).toBe(400)
    for (const { assertion } of [alone, mail, login, others])
      expect(await remove(contactId, phone.factorId, { assertion })).toMatchObject(refused(403, 'step_up_required'))
    const { assertion } = proof
    expect(await remove(contactId, foreign.factorId, { assertion })).toMatchObject(refused(404, 'not_found'))
    expect((await remove(contactId, phone.factorId, { assertion })).status).toBe(204)
    expect((await contactOf(acme, contactId)).factors).toMatchObject([{ factorId: mail.factorId }])
    expect((await contactOf(acme, other)).factors).toHaveLength(1)
  })
})

describe('a reset', () => {
  // RESET-1
  it.each([
    ['the portal itself', { role: 'portal' }, 403, 'forbidden'],
    ['an admin of the organization', { role: 'organization_admin', subject: 'a', organization_id: 'org' }, 200, null],
    ['an admin of another', { role: 'organization_admin', subject: 'a', organization_id: 'other' }, 404, 'not_found'],
    ['a Master Admin', { role: 'master_admin', subject: 'a' }, 200, null],
    [
      'the contact as admin',
      { role: 'organization_admin', subject: 'SELF', organization_id: 'org' },
      403,
      'self_reset',
    ],
    ['the contact as Master Admin', { role: 'master_admin', subject: 'SELF' }, 403, 'self_reset'],
  ])('by %s', async (_, { role, ...given }: Record<string, string>, status, code) => {
    const contactId = fresh('reset-1')
    await acme.enroll(contactId)
    const more = { ...given, ...(given.subject === 'SELF' ? { subject: contactId } : {}) }
    const caller = await acme.as(role ?? '', more)
    const answer = await caller.post(`/v1/contacts/${contactId}/reset`, {})
    expect(answer).toMatchObject(code ? refused(status, code) : { status })
    expect((await contactOf(acme, contactId)).factors).toHaveLength(status === 200 ? 0 : 1)
  })

  it('of a contact never seen is 404', async () =>
    expect(await reset(fresh('stranger'))).toMatchObject(refused(404, 'not_found')))

  // RESET-2
  it('forgets a skip, factors of any epoch and a step-up, and says what it cleared', async () => {
    const portal = await openPortal(service, { enabled: true, optOut: { allowed: true } })
    const contactId = fresh('reset-2')
    const clear = () => portal.masterAdmin.post(`/v1/contacts/${contactId}/reset`, { reason: 'lost phone' })
    await portal.portal.post(`/v1/contacts/${contactId}/skip`, { organizationId: 'org' })
    expect((await clear()).body).toEqual({ cleared: { factors: 0, skip: true, lock: false } })
    expect((await portal.decide(contactId)).body).toMatchObject({ decision: 'enroll', reason: 'reset' })
    await portal.enroll(contactId)
    await portal.settings({ enabled: false })
    await portal.settings({ enabled: true })
    expect((await clear()).body).toEqual({ cleared: { factors: 1, skip: false, lock: false } })
    expect((await clear()).body).toEqual({ cleared: { factors: 0, skip: false, lock: false } })
    expect(await contactOf(portal, contactId)).toMatchObject({ status: 'not_enrolled', factors: [], skippedAt: null })
  })
})
