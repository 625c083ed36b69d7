/** A code, a step-up and a pending enrollment are good for exactly what they were made for. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fresh, freshNumber, openPortal, type TestPortal } from '../support/portal.ts'
import { type Answer, openEmbedded, type TestService } from '../support/service.ts'

let service: TestService
let acme: TestPortal
let other: TestPortal

beforeAll(async () => {
  service = await openEmbedded()
  acme = await openPortal(service)
  other = await openPortal(service)
})
afterAll(() => service.close())

const startEnrollment = (contactId: string, more: object = {}) => ({
  path: `/v1/contacts/${contactId}/enrollments`,
  body: {
    organizationId: 'org',
    loginId: fresh('login'),
    method: 'email',
    destination: `${fresh('to')}@example.com`,
    ...more,
  },
})

describe('a code', () => {
  // BIND-1: a right code, taken elsewhere.
  it('is refused for another contact, portal, login, challenge and purpose, and then still good where it belongs', async () => {
    const [alice, bob] = [fresh('alice'), fresh('bob')]
    await acme.enroll(alice)
    await acme.enroll(bob)
    await other.enroll(alice)
    const mine = await acme.challenge(alice)
    const bobs = await acme.challenge(bob)
    const second = await acme.challenge(alice)
    const change = await acme.challenge(alice, { purpose: 'change_factor' })
    const foreign = await other.challenge(alice)

    const notFound = { status: 404, body: { code: 'not_found' } }
    expect(await acme.verify(bob, mine, mine.code)).toMatchObject(notFound)
    expect(await other.verify(alice, mine, mine.code)).toMatchObject(notFound)
    expect(await acme.verify(alice, { ...mine, loginId: fresh('login') }, mine.code)).toMatchObject(notFound)
    expect(await acme.verify(alice, { ...mine, id: `chl_${'x'.repeat(22)}` }, mine.code)).toMatchObject(notFound)
    for (const challenge of [second, change].filter(({ code }) => code !== mine.code))
      expect(await acme.verify(alice, challenge, mine.code)).toMatchObject({
        status: 422,
        body: { code: 'code_incorrect' },
      })
    if (bobs.code !== mine.code) expect((await acme.verify(bob, bobs, mine.code)).status).toBe(422)
    if (foreign.code !== mine.code) expect((await other.verify(alice, foreign, mine.code)).status).toBe(422)

    const started = startEnrollment(fresh('carol'))
    const { body: enrollment } = await acme.portal.post(started.path, started.body)
    const asEnrollment = `${started.path}/${mine.id}/confirm`
    const guess = { code: mine.code, loginId: mine.loginId }
    const otherKind = { status: 404, body: { code: 'not_found' } }
    expect(await acme.portal.post(asEnrollment, guess)).toMatchObject(otherKind)
    const asChallenge = { id: enrollment.id, loginId: started.body.loginId }
    expect(await acme.verify(alice, asChallenge, mine.code)).toMatchObject(otherKind)

    const read = await acme.portal.get(`/v1/contacts/${alice}/challenges/${mine.id}`)
    expect(read.body).toMatchObject({ status: 'pending', attemptsLeft: 5 })
    expect((await acme.verify(alice, mine, mine.code)).status).toBe(200)
  })

  // REUSE-3: one code to rule them all: to log in, to prove a step-up and to confirm a phone of one's own.
  it('REUSE-3: of each purpose is refused for every other one of the same contact and login, and then good for its own', async () => {
    const contactId = fresh('purposes')
    await acme.enroll(contactId)
    const { loginId, ...proof } = await acme.challenge(contactId, { purpose: 'change_factor' })
    const { assertion } = (await acme.verify(contactId, { ...proof, loginId }, proof.code)).body
    const { path, body } = startEnrollment(contactId, { loginId, assertion })
    const { body: enrollment } = await acme.portal.post(path, body)
    const confirmed = await acme.codeAt(body.destination)
    const login = await acme.challenge(contactId, { loginId })
    const change = await acme.challenge(contactId, { loginId, purpose: 'change_factor' })
    const doors: { code: string; prove: (code: string) => Promise<Answer> }[] = [
      ...[login, change].map(one => ({ code: one.code, prove: (code: string) => acme.verify(contactId, one, code) })),
      { code: confirmed, prove: code => acme.portal.post(`${path}/${enrollment.id}/confirm`, { code, loginId }) },
    ]
    for (const door of doors)
      for (const { code } of doors.filter(other => other.code !== door.code))
        expect(await door.prove(code)).toMatchObject({ status: 422, body: { code: 'code_incorrect' } })
    for (const { code, prove } of doors) expect((await prove(code)).status).toBe(200)
  })

  // REUSE-1
  it('works once: not again at once, a second later, after its life, or after another success', async () => {
    const contactId = fresh('reuse')
    await acme.enroll(contactId)
    const challenge = await acme.challenge(contactId)
    expect((await acme.verify(contactId, challenge, challenge.code)).status).toBe(200)
    for (const seconds of [0, 1, 29, 400]) {
      service.advance(seconds)
      expect((await acme.verify(contactId, challenge, challenge.code)).status).toBe(409)
    }
  })

  it('for one factor dies with a resend to another, and works for that one alone', async () => {
    const contactId = fresh('two-factors')
    const phone = await acme.enroll(contactId)
    const proof = await acme.challenge(contactId, { purpose: 'change_factor' })
    const { assertion } = (await acme.verify(contactId, proof, proof.code)).body
    const destination = `${contactId}@example.com`
    const mail = await acme.enroll(contactId, { loginId: proof.loginId, assertion, method: 'email', destination })
    const challenge = await acme.challenge(contactId, { factorId: phone.factorId })
    service.advance(31)
    const path = `/v1/contacts/${contactId}/challenges/${challenge.id}/resend`
    const resent = await acme.portal.post(path, { factorId: mail.factorId })
    expect(resent).toMatchObject({ status: 200, body: { id: challenge.id, method: 'email' } })
    const code = await acme.codeAt(destination)
    if (code !== challenge.code)
      expect(await acme.verify(contactId, challenge, challenge.code)).toMatchObject({
        status: 422,
        body: { code: 'code_incorrect', attemptsLeft: 4 },
      })
    const verified = await acme.verify(contactId, challenge, code)
    const claims = JSON.parse(Buffer.from(verified.body.assertion.split('.')[1], 'base64url').toString())
    expect(claims).toMatchObject({ mfa_method: 'email', amr: ['otp', 'mfa'] })
  })

  it('dies at the end of its own life, by the clock of the store', async () => {
    const contactId = fresh('expiry')
    await acme.enroll(contactId)
    const challenge = await acme.challenge(contactId)
    service.advance(300)
    expect(await acme.verify(contactId, challenge, challenge.code)).toMatchObject({
      status: 410,
      body: { code: 'expired' },
    })
  })
})

describe('a step-up', () => {
  const stepUp = async (contactId: string, purpose = 'change_factor') => {
    const challenge = await acme.challenge(contactId, { purpose })
    const { body } = await acme.verify(contactId, challenge, challenge.code)
    return { loginId: challenge.loginId, assertion: body.assertion as string }
  }

  // ENR-1: whoever has the password enrolls a phone of their own.
  it('is needed by an enrolled contact, for its own contact, login, purpose and portal', async () => {
    const [alice, bob] = [fresh('alice'), fresh('bob')]
    const { assertion: enrollmentProof } = await acme.enroll(alice)
    await acme.enroll(bob)
    const [mine, bobs, login] = [await stepUp(alice), await stepUp(bob), await stepUp(alice, 'login')]
    const refused = { status: 403, body: { code: 'step_up_required' } }
    const attempts: object[] = [
      {},
      { assertion: 'x.y.z' },
      { ...login },
      { loginId: mine.loginId, assertion: enrollmentProof },
      { loginId: fresh('login'), assertion: mine.assertion },
      { loginId: bobs.loginId, assertion: bobs.assertion },
    ]
    for (const more of attempts) {
      const { path, body } = startEnrollment(alice, more)
      expect(await acme.portal.post(path, body), JSON.stringify(more)).toMatchObject(refused)
    }
    const { path, body } = startEnrollment(alice, mine)
    expect((await acme.portal.post(path, body)).status).toBe(201)
  })

  it('is good until one enrollment is confirmed, and dies with a reset', async () => {
    const contactId = fresh('changer')
    await acme.enroll(contactId)
    const given = await stepUp(contactId)
    await acme.enroll(contactId, { ...given, destination: freshNumber() })
    const again = startEnrollment(contactId, given)
    expect((await acme.portal.post(again.path, again.body)).status).toBe(403)

    const late = await stepUp(contactId)
    await acme.masterAdmin.post(`/v1/contacts/${contactId}/reset`, {})
    await acme.enroll(contactId)
    const old = startEnrollment(contactId, late)
    expect((await acme.portal.post(old.path, old.body)).status).toBe(403)
  })

  it('removes a factor, but never the last one', async () => {
    const contactId = fresh('remover')
    const first = await acme.enroll(contactId)
    const proof = await stepUp(contactId)
    // So that the address is the factor that proved last, and gets the next code.
    service.advance(1)
    await acme.enroll(contactId, {
      ...proof,
      method: 'email',
      destination: `${contactId}@example.com`,
    })
    const { assertion } = await stepUp(contactId)
    const remove = (factorId: string, body: object) =>
      acme.portal.delete(`/v1/contacts/${contactId}/factors/${factorId}`, body)
    expect((await remove(first.factorId, { assertion: first.assertion })).status).toBe(403)
    expect((await remove(first.factorId, { assertion })).status).toBe(204)
    const [left] = (await acme.decide(contactId)).body.factors
    expect(await remove(left.factorId, { assertion })).toMatchObject({ status: 409, body: { code: 'last_factor' } })
  })
})

describe('a step-up whose factor stops counting', () => {
  const refused = { status: 403, body: { code: 'step_up_required' } }

  /** A contact with a phone and an address, and a step-up by one of them. */
  async function steppedUp(portal: TestPortal, by: 'sms' | 'email') {
    const contactId = fresh('two-factors')
    const prove = async (factorId: string) => {
      const challenge = await portal.challenge(contactId, { purpose: 'change_factor', factorId })
      const { body } = await portal.verify(contactId, challenge, challenge.code)
      return { loginId: challenge.loginId, assertion: body.assertion as string }
    }
    const phone = await portal.enroll(contactId)
    const to = `${contactId}@example.com`
    const mail = await portal.enroll(contactId, {
      ...(await prove(phone.factorId)),
      method: 'email',
      destination: to,
    })
    const [proving, other] = by === 'sms' ? [phone, mail] : [mail, phone]
    return { contactId, proving, other, prove, given: await prove(proving.factorId) }
  }

  // BIND-5: who has got into a mailbox that the Master Admin then shuts out still replaces the phone, by a proof made before.
  it.each<[string, 'sms' | 'email', object[]]>([
    ['its method was removed', 'email', [{ methods: ['sms'] }]],
    ['its method was removed and allowed again', 'email', [{ methods: ['sms'] }, { methods: ['sms', 'email'] }]],
    ['its country was removed', 'sms', [{ sms: { allowedCountries: ['CA'] } }]],
  ])('BIND-5: opens, continues and removes nothing once %s', async (_, by, patches) => {
    const portal = await openPortal(service)
    const { contactId, proving, other, prove, given } = await steppedUp(portal, by)
    const wish = () => ({
      ...given,
      ...(by === 'email' ? { method: 'sms', destination: freshNumber() } : {}),
    })
    const { path, body } = startEnrollment(contactId, wish())
    const { body: pending } = await portal.portal.post(path, body)
    const guess = { code: await portal.codeAt(body.destination), loginId: given.loginId }
    const sent = (await service.messages()).length

    for (const patch of patches) expect((await portal.settings(patch)).status).toBe(200)
    service.advance(31)
    expect(await portal.portal.post(path, startEnrollment(contactId, wish()).body)).toMatchObject(refused)
    expect(await portal.portal.post(`${path}/${pending.id}/resend`, {})).toMatchObject(refused)
    expect(await portal.portal.post(`${path}/${pending.id}/confirm`, guess)).toMatchObject(refused)
    expect((await portal.portal.get(`${path}/${pending.id}`)).body).toMatchObject({ status: 'cancelled' })
    const remove = (assertion: string) =>
      portal.portal.delete(`/v1/contacts/${contactId}/factors/${proving.factorId}`, { assertion })
    expect(await remove(given.assertion)).toMatchObject(refused)
    expect((await service.messages()).length).toBe(sent)
    expect((await portal.decide(contactId)).body.factors).toMatchObject([{ factorId: other.factorId }])

    const good = await prove(other.factorId)
    expect((await portal.portal.post(path, { ...startEnrollment(contactId, wish()).body, ...good })).status).toBe(201)
    expect((await remove(good.assertion)).status).toBe(204)
  })

  // BIND-5: the stolen phone that its owner has just removed.
  it('BIND-5: is over once that factor itself was removed', async () => {
    const { contactId, proving, other, prove, given } = await steppedUp(acme, 'sms')
    const { path, body } = startEnrollment(contactId, given)
    const { body: pending } = await acme.portal.post(path, body)
    const { assertion } = await prove(other.factorId)
    expect(
      (await acme.portal.delete(`/v1/contacts/${contactId}/factors/${proving.factorId}`, { assertion })).status,
    ).toBe(204)
    const guess = { code: await acme.codeAt(body.destination), loginId: given.loginId }
    expect(await acme.portal.post(`${path}/${pending.id}/confirm`, guess)).toMatchObject(refused)
    expect(await acme.portal.post(path, startEnrollment(contactId, given).body)).toMatchObject(refused)
  })
})

describe('a pending enrollment', () => {
  it('is answered again without a message, and superseded by another destination', async () => {
    const contactId = fresh('again')
    const { path, body } = startEnrollment(contactId)
    const first = await acme.portal.post(path, body)
    const sent = (await service.messages()).length
    expect(await acme.portal.post(path, body)).toMatchObject({ status: 200, body: { id: first.body.id } })
    expect((await service.messages()).length).toBe(sent)
    const code = await acme.codeAt(body.destination)
    const second = await acme.portal.post(path, { ...body, destination: `${fresh('to')}@example.com` })
    expect(second.status).toBe(201)
    const late = await acme.portal.post(`${path}/${first.body.id}/confirm`, { code, loginId: body.loginId })
    expect(late).toMatchObject({ status: 410, body: { code: 'superseded' } })
  })

  // ENR-3: a destination that changes between start and confirm, or is two.
  it('goes to one destination, named once', async () => {
    const contactId = fresh('enr-3')
    const { path, body } = startEnrollment(contactId)
    for (const destination of [['a@example.com', 'b@example.com'], { to: 'a@example.com' }, 42])
      expect((await acme.portal.post(path, { ...body, destination })).status).toBe(400)
    for (const destination of ['a@example.com,b@example.com', 'a@example.com;b@example.com', 'A <a@example.com>'])
      expect(await acme.portal.post(path, { ...body, destination })).toMatchObject({
        status: 422,
        body: { code: 'destination_invalid' },
      })
    const { body: started } = await acme.portal.post(path, body)
    const confirm = { code: await acme.codeAt(body.destination), loginId: body.loginId }
    const confirmed = await acme.portal.post(`${path}/${started.id}/confirm`, {
      ...confirm,
      destination: 'evil@example.com',
    })
    expect(confirmed.status).toBe(400)
    expect((await service.messages()).filter(({ to }) => to === body.destination)).toHaveLength(1)
  })
})
