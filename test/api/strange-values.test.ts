/** Values that a schema lets pass and a store may choke on: they get their 400, 401 or answer, and never a 503. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fresh, openPortal, type TestPortal } from '../support/portal.ts'
import { openEmbedded, openReal, type TestService } from '../support/service.ts'

const cursorOf = (position: unknown): string => Buffer.from(JSON.stringify(position)).toString('base64url')
const AT = '2026-03-01T00:00:00.000000Z'
const EVENT = 'evt_R2hXd6fT9iUa4CnOw8PjQg'

describe.each([
  ['embedded', openEmbedded],
  ['PostgreSQL and Redis', openReal],
])('over %s', (_, open) => {
  let service: TestService
  let acme: TestPortal
  beforeAll(async () => {
    service = await open()
    acme = await openPortal(service)
  })
  afterAll(() => service.close())

  it('a cursor that nobody gave out is no cursor, whatever its texts hold', async () => {
    for (const position of [
      { at: AT, eventId: 'evt\0' },
      { at: AT, eventId: '\ud800' },
      { at: '0', eventId: EVENT },
      { at: '+275760-09-13', eventId: EVENT },
      { at: '0000-01-01T00:00:00Z', eventId: EVENT },
      { at: `2026-03-01T00:00:00.${'0'.repeat(300)}Z`, eventId: EVENT },
      // Instants, and none that we give out: PostgreSQL knows no offset from 16 hours on.
      { at: '2020-01-01T00:00:00+20:00', eventId: EVENT },
      { at: '2020-01-01T00:00:00.000000-16:00', eventId: EVENT },
      { at: '2026-03-01T00:00:00Z', eventId: EVENT },
      { at: '2026-02-29T00:00:00.000000Z', eventId: EVENT },
      { at: '0000-01-01T00:00:00.000000Z', eventId: EVENT },
      { at: 1, eventId: EVENT },
      { eventId: EVENT },
    ]) {
      const answer = await acme.masterAdmin.get(`/v1/events?cursor=${cursorOf(position)}`)
      expect([position, answer.status]).toEqual([position, 400])
    }
    for (const at of [AT, '0001-01-01T00:00:00.000000Z', '9999-12-31T23:59:59.999999Z'])
      expect((await acme.masterAdmin.get(`/v1/events?cursor=${cursorOf({ at, eventId: EVENT })}`)).status).toBe(200)
    for (const displayName of ['One', 'Two']) await acme.settings({ displayName })
    const { nextCursor } = (await acme.masterAdmin.get('/v1/events?limit=1')).body
    expect((await acme.masterAdmin.get(`/v1/events?cursor=${nextCursor}`)).status).toBe(200)
  })

  it.each([
    ['0000-01-01T00:00:00Z', 400],
    ['9999-12-31T23:59:59-00:01', 400],
    ['0001-01-01T00:00:00Z', 200],
    ['9999-12-31T23:59:59.999Z', 200],
    ['2030-01-01T00:00:00+23:59', 200],
    ['0001-01-01T23:59:59+23:58', 200],
    ['2030-01-01T00:00:00-00:00', 200],
    [`2030-01-01T00:00:00.${'1'.repeat(300)}Z`, 200],
    ['2030-01-01T00:00:00+24:00', 400],
    ['2030-01-01T24:00:00Z', 400],
    ['2030-06-30T23:59:60Z', 400],
    ['2030-02-29T00:00:00Z', 400],
    ['2030-01-01T00:00Z', 400],
  ])('events from %s, and skips until then, are answered %i', async (instant, status) => {
    expect((await acme.masterAdmin.get(`/v1/events?from=${encodeURIComponent(instant)}`)).status).toBe(status)
    // A portal that stored what its database cannot read would answer no login any more.
    expect((await acme.settings({ optOut: { allowed: true, endsAt: instant } })).status).toBe(status)
    const contactId = fresh('contact')
    expect((await acme.decide(contactId)).status).toBe(200)
    expect([200, 409]).toContain(
      (await acme.portal.post(`/v1/contacts/${contactId}/skip`, { organizationId: 'org' })).status,
    )
  })

  it('a client id that cannot be one is unknown', async () => {
    for (const clientId of ['cli_%00', '%00', 'a%0d%0ab', '%ff', '']) {
      const answer = await service.request('POST', '/oauth/token', {
        body: `grant_type=client_credentials&client_id=${clientId}&client_secret=x`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })
      expect([clientId, answer.status, answer.body.error]).toEqual([clientId, 401, 'invalid_client'])
    }
  })

  it('a token of a suspended portal opens nothing of the operator either, as declared', async () => {
    const other = await openPortal(service)
    await other.operator.patch(`/v1/portals/${other.portalId}`, { suspended: true })
    await Promise.all(service.instances.map(instance => instance.runJobs()))
    expect(await other.portal.get('/v1/portals')).toMatchObject({ status: 403, body: { code: 'portal_suspended' } })
  })
})
