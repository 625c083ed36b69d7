/** The portal handbook's ten rules, step by step, as one portal lives them (design section 1). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fresh, openPortal, type TestPortal, wrong } from '../support/portal.ts'
import { openEmbedded, type TestService } from '../support/service.ts'

let service: TestService
let acme: TestPortal

const EMAIL = 'alice@example.com'
const PHONE = '+12015550123'

beforeAll(async () => {
  service = await openEmbedded()
  acme = await openPortal(service, { enabled: false })
})
afterAll(() => service.close())

describe('the handbook, from a new portal to the last rule', () => {
  let assertion = ''

  it('1: MFA is off for a new portal, and only a Master Admin changes settings', async () => {
    const { body } = await acme.masterAdmin.get('/v1/settings')
    expect(body).toMatchObject({ enabled: false, methods: ['sms', 'email'], epoch: 0, optOut: { allowed: false } })
    expect((await acme.decide('alice')).body).toEqual({ decision: 'allow', reason: 'mfa_disabled', epoch: 0 })
    for (const api of [acme.portal, await acme.organizationAdmin('org')])
      expect(await api.patch('/v1/settings', { enabled: true })).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      })
    const on = await acme.settings({ enabled: true, sms: { allowedCountries: ['US', 'CA'] } })
    expect(on).toMatchObject({ status: 200, body: { enabled: true, epoch: 1, updatedBy: 'boss' } })
  })

  it('2: once it is on, a contact without a factor must enroll, and there is no way around', async () => {
    const { body } = await acme.decide('alice')
    expect(body).toMatchObject({ decision: 'enroll', reason: 'not_enrolled', canSkip: false, countries: ['US', 'CA'] })
    const skip = await acme.portal.post('/v1/contacts/alice/skip', { organizationId: 'org' })
    expect(skip).toMatchObject({ status: 409, body: { code: 'skip_not_allowed' } })
  })

  it('3: the contact names a number, gets a code there, and only its confirmation makes a factor', async () => {
    const loginId = fresh('login')
    const start = { organizationId: 'org', loginId, method: 'sms', destination: PHONE }
    const { status, body } = await acme.portal.post('/v1/contacts/alice/enrollments', start)
    expect(status).toBe(201)
    expect(body).toMatchObject({ status: 'pending', method: 'sms', codeLength: 6, attemptsLeft: 5, sendsLeft: 4 })
    expect(JSON.stringify(body)).not.toContain('555012')
    expect((await acme.decide('alice')).body.decision).toBe('enroll')

    const confirm = `/v1/contacts/alice/enrollments/${body.id}/confirm`
    const code = await acme.codeAt(PHONE)
    expect(await acme.portal.post(confirm, { code: wrong(code), loginId })).toMatchObject({
      status: 422,
      body: { code: 'code_incorrect', attemptsLeft: 4 },
    })
    const confirmed = await acme.portal.post(confirm, { code, loginId })
    expect(confirmed).toMatchObject({
      status: 200,
      body: { factor: { method: 'sms', destination: expect.stringContaining('23') } },
    })
    expect(await acme.portal.post(confirm, { code, loginId })).toMatchObject({
      status: 409,
      body: { code: 'already_used' },
    })
  })

  it('4: from then on each login needs a code sent to that factor', async () => {
    const loginId = fresh('login')
    const { body } = await acme.decide('alice', loginId, { sendCode: true })
    expect(body).toMatchObject({
      decision: 'challenge',
      factors: [{ method: 'sms' }],
      challenge: { status: 'pending' },
    })
    const code = await acme.codeAt(PHONE)
    const verified = await acme.verify('alice', { id: body.challenge.id, loginId }, code)
    expect(verified).toMatchObject({ status: 200, body: { status: 'verified' } })
    assertion = verified.body.assertion
    const claims = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString())
    expect(claims).toMatchObject({
      sub: 'alice',
      aud: acme.portalId,
      purpose: 'login',
      login_id: loginId,
      amr: ['otp', 'sms', 'mfa'],
    })
    expect(claims.exp - claims.iat).toBe(60)
  })

  it('5: with opt-out allowed the enrollment may be skipped, and the skip is remembered', async () => {
    await acme.settings({ optOut: { allowed: true } })
    expect((await acme.decide('bob')).body).toMatchObject({ decision: 'enroll', canSkip: true, skipsLeft: null })
    const skipped = await acme.portal.post('/v1/contacts/bob/skip', { organizationId: 'org' })
    expect(skipped).toMatchObject({ status: 200, body: { skipUntil: null, skipsLeft: null } })
    expect((await acme.decide('bob')).body).toMatchObject({ decision: 'allow', reason: 'skipped' })
    const enrolled = await acme.portal.post('/v1/contacts/alice/skip', { organizationId: 'org' })
    expect(enrolled).toMatchObject({ status: 409, body: { code: 'skip_not_allowed' } })
  })

  it('6: "Enable MFA" gives the skip up, and the next login enrolls', async () => {
    const enabled = await acme.portal.post('/v1/contacts/bob/enable', { organizationId: 'org' })
    expect(enabled).toMatchObject({ status: 200, body: { logoutRequired: true, decision: 'enroll' } })
    expect((await acme.decide('bob')).body).toMatchObject({ decision: 'enroll', canSkip: true })
    const already = await acme.portal.post('/v1/contacts/alice/enable', { organizationId: 'org' })
    expect(already).toMatchObject({ status: 409, body: { code: 'already_enrolled' } })
  })

  it('7: opt-out withdrawn, remembered skips stop counting at once; allowed again, they count again', async () => {
    await acme.portal.post('/v1/contacts/bob/skip', { organizationId: 'org' })
    await acme.settings({ optOut: { allowed: false } })
    expect((await acme.decide('bob')).body).toMatchObject({
      decision: 'enroll',
      reason: 'opt_out_withdrawn',
      canSkip: false,
    })
    await acme.settings({ optOut: { allowed: true } })
    expect((await acme.decide('bob')).body).toMatchObject({ decision: 'allow', reason: 'skipped' })
  })

  it('8: turned off, logins go straight through; turned on again, everybody enrolls again and skips are forgotten', async () => {
    await acme.settings({ enabled: false })
    expect((await acme.decide('alice')).body).toMatchObject({ decision: 'allow', reason: 'mfa_disabled' })
    expect((await acme.settings({ enabled: true })).body.epoch).toBe(2)
    expect((await acme.decide('alice')).body).toMatchObject({ decision: 'enroll', reason: 'reenroll', epoch: 2 })
    expect((await acme.decide('bob')).body).toMatchObject({ decision: 'enroll', reason: 'not_enrolled' })
  })

  it('9: an admin of the organization resets that contact and nobody else; with the factor at hand a contact changes it alone', async () => {
    await acme.enroll('alice', { destination: EMAIL, method: 'email' })
    await acme.enroll('carol')
    const stranger = await acme.organizationAdmin('another-org')
    expect((await stranger.post('/v1/contacts/alice/reset', {})).status).toBe(404)
    const self = await acme.organizationAdmin('org', 'alice')
    expect(await self.post('/v1/contacts/alice/reset', {})).toMatchObject({ status: 403, body: { code: 'self_reset' } })
    const admin = await acme.organizationAdmin('org')
    const reset = await admin.post('/v1/contacts/alice/reset', { reason: 'lost the phone' })
    expect(reset).toMatchObject({ status: 200, body: { cleared: { factors: 1, skip: false, lock: false } } })
    expect((await acme.decide('alice')).body).toMatchObject({ decision: 'enroll', reason: 'reset' })
    expect((await acme.decide('carol')).body.decision).toBe('challenge')

    const stepUp = await acme.challenge('carol', { purpose: 'change_factor' })
    const proof = await acme.verify('carol', stepUp, stepUp.code)
    const changed = await acme.enroll('carol', { loginId: stepUp.loginId, assertion: proof.body.assertion })
    expect((await acme.decide('carol')).body.factors).toMatchObject([{ factorId: changed.factorId }])
  })

  it('10: a removed method and a removed country no longer count, and do not revive when they come back', async () => {
    await acme.enroll('dave', { destination: 'dave@example.com', method: 'email' })
    await acme.settings({ methods: ['sms'] })
    expect((await acme.decide('dave')).body).toMatchObject({ decision: 'enroll', reason: 'reenroll', methods: ['sms'] })
    await acme.settings({ methods: ['sms', 'email'] })
    expect((await acme.decide('dave')).body).toMatchObject({ decision: 'enroll', reason: 'reenroll' })
    expect((await acme.decide('carol')).body.decision).toBe('challenge')

    await acme.settings({ sms: { allowedCountries: ['CA'] } })
    expect((await acme.decide('carol')).body).toMatchObject({ decision: 'enroll', countries: ['CA'] })
    await acme.settings({ sms: { allowedCountries: ['US', 'CA'] } })
    expect((await acme.decide('carol')).body).toMatchObject({ decision: 'enroll', reason: 'reenroll' })
  })
})
