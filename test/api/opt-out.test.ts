/** "Skip for now": when it is offered, when it counts, and that it is no way past a factor. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fresh, openPortal, type TestPortal } from '../support/portal.ts'
import { openEmbedded, type TestService } from '../support/service.ts'

let service: TestService
beforeAll(async () => {
  service = await openEmbedded()
})
afterAll(() => service.close())

const DAY = 86_400
const skip = (portal: TestPortal, contactId: string) =>
  portal.portal.post(`/v1/contacts/${contactId}/skip`, { organizationId: 'org' })
const notAllowed = { status: 409, body: { code: 'skip_not_allowed' } }
const withOptOut = (optOut: object) => openPortal(service, { enabled: true, optOut })

describe('skipping', () => {
  // SKIP-1
  it.each([
    ['MFA is off', { enabled: false, optOut: { allowed: true } }, 409, 'mfa_disabled'],
    ['opt-out is off', { enabled: true, optOut: { allowed: false } }, 409, 'skip_not_allowed'],
    [
      'opt-out has ended',
      { enabled: true, optOut: { allowed: true, endsAt: '2020-01-01T00:00:00Z' } },
      409,
      'skip_not_allowed',
    ],
  ])('is refused when %s', async (_, settings, status, code) => {
    const portal = await openPortal(service, settings)
    expect(await skip(portal, fresh('contact'))).toMatchObject({ status, body: { code } })
  })

  // SKIP-2
  it('is refused to an enrolled contact, whose decision stays a challenge', async () => {
    const portal = await withOptOut({ allowed: true })
    const contactId = fresh('enrolled')
    await portal.enroll(contactId)
    expect(await skip(portal, contactId)).toMatchObject(notAllowed)
    expect((await portal.decide(contactId)).body.decision).toBe('challenge')
  })

  // SKIP-3
  it('stops counting at once when the portal tightens its policy', async () => {
    const portal = await withOptOut({ allowed: true })
    const contactId = fresh('skipper')
    await skip(portal, contactId)
    expect((await portal.decide(contactId)).body.reason).toBe('skipped')
    await portal.settings({ optOut: { allowed: false } })
    expect((await portal.decide(contactId)).body).toMatchObject({ decision: 'enroll', reason: 'opt_out_withdrawn' })
    await portal.settings({ optOut: { allowed: true, rememberDays: 1 } })
    service.advance(DAY + 1)
    expect((await portal.decide(contactId)).body).toMatchObject({
      decision: 'enroll',
      reason: 'skip_expired',
      canSkip: true,
    })
  })

  // SKIP-4
  it('counts each skip once, up to skipsMax since the last reset or epoch', async () => {
    const portal = await withOptOut({ allowed: true, rememberDays: 1, skipsMax: 2 })
    const contactId = fresh('counter')
    const first = await skip(portal, contactId)
    expect(first.body).toMatchObject({ skipsLeft: 1 })
    expect((await skip(portal, contactId)).body).toEqual(first.body)
    service.advance(DAY + 1)
    expect((await skip(portal, contactId)).body.skipsLeft).toBe(0)
    service.advance(DAY + 1)
    expect((await portal.decide(contactId)).body).toMatchObject({ canSkip: false, skipsLeft: 0 })
    expect(await skip(portal, contactId)).toMatchObject(notAllowed)
    await portal.masterAdmin.post(`/v1/contacts/${contactId}/reset`, {})
    expect((await skip(portal, contactId)).body.skipsLeft).toBe(1)
    await portal.settings({ enabled: false })
    await portal.settings({ enabled: true })
    expect((await portal.decide(contactId)).body).toMatchObject({ decision: 'enroll', skipsLeft: 2 })
  })

  it('is given up by enable and by an enrollment', async () => {
    const portal = await withOptOut({ allowed: true })
    const contactId = fresh('enabler')
    await skip(portal, contactId)
    const enable = () => portal.portal.post(`/v1/contacts/${contactId}/enable`, { organizationId: 'org' })
    expect(await enable()).toMatchObject({ status: 200, body: { logoutRequired: true, decision: 'enroll' } })
    await skip(portal, contactId)
    await portal.enroll(contactId)
    expect((await portal.masterAdmin.get(`/v1/contacts/${contactId}`)).body).toMatchObject({
      status: 'enrolled',
      skippedAt: null,
    })
    expect(await enable()).toMatchObject({ status: 409, body: { code: 'already_enrolled' } })
  })

  it('belongs to the organization of the contact, and only a login moves a contact', async () => {
    const portal = await withOptOut({ allowed: true })
    const contactId = fresh('mover')
    await skip(portal, contactId)
    const elsewhere = { organizationId: 'elsewhere' }
    expect((await portal.portal.post(`/v1/contacts/${contactId}/skip`, elsewhere)).status).toBe(404)
    expect((await portal.portal.post(`/v1/contacts/${contactId}/enable`, elsewhere)).status).toBe(404)
    const moved = await portal.portal.post(`/v1/contacts/${contactId}/logins`, {
      ...elsewhere,
      loginId: fresh('login'),
    })
    expect(moved.body).toMatchObject({ decision: 'allow', reason: 'skipped' })
    const events = await portal.masterAdmin.get(`/v1/events?contactId=${contactId}&type=contact.moved`)
    expect(events.body.items).toHaveLength(1)
  })
})
