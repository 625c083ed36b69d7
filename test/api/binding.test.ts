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
  it('is refused for another contact, portal, login, challenge, purpose and factor, and then still good where it belongs', async () => {
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

  // REUSE-3: one code for every purpose, so that the code of a harmless step opens the one that matters.
  it('REUSE-3: of a login, of a change and of an enrollment is refused for each of the other two, and then still good where it belongs', async () => {
    const contactId = fresh('purposes')
    await acme.enroll(contactId)
    const proof = await acme.challenge(contactId, { purpose: 'change_factor' })
    const { assertion } = (await acme.verify(contactId, proof, proof.code)).body
    const { path, body } = startEnrollment(contactId, { loginId: proof.loginId, assertion })
    const enrollment = { id: (await acme.portal.post(path, body)).body.id, code: await acme.codeAt(body.destination) }
    const login = await acme.challenge(contactId)
    const change = await acme.challenge(contactId, { purpose: 'change_factor' })
    const doors: { code: string; enter(code: string): Promise<Answer> }[] = [
      { code: login.code, enter: code => acme.verify(contactId, login, code) },
      { code: change.code, enter: code => acme.verify(contactId, change, code) },
      {
        code: enrollment.code,
        enter: code => acme.portal.post(`${path}/${enrollment.id}/confirm`, { code, loginId: proof.loginId }),
      },
    ]
    for (const door of doors)
      for (const { code } of doors.filter(other => other.code !== door.code))
        expect(await door.enter(code)).toMatchObject({ status: 422, body: { code: 'code_incorrect' } })
    for (const { code, enter } of doors) expect((await enter(code)).status).toBe(200)
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
    await acme.enroll(contactId, {
      ...(await stepUp(contactId)),
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
