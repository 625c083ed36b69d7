/** What somebody gains who can write to the database, or read it, or read the logs of a proxy. */
import { createHash } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fresh, openPortal, type TestPortal, tokenOf } from '../support/portal.ts'
import { openReal, type TestService } from '../support/service.ts'

let service: TestService
let acme: TestPortal
let database: pg.Client
beforeAll(async () => {
  service = await openReal(1)
  acme = await openPortal(service)
  database = new pg.Client({ connectionString: service.databaseUrl })
  await database.connect()
})
afterAll(async () => {
  await database.end()
  await service.close()
})

describe('a sealed destination', () => {
  const sealedOf = async (portal: TestPortal, contactId: string): Promise<string> => {
    const { rows } = await database.query(
      'SELECT secret_sealed AS sealed FROM factors WHERE portal_id = $1 AND contact_id = $2',
      [portal.portalId, contactId],
    )
    expect(rows).toHaveLength(1)
    return rows[0].sealed
  }
  const putSealed = (portal: TestPortal, contactId: string, sealed: string) =>
    database.query('UPDATE factors SET secret_sealed = $3 WHERE portal_id = $1 AND contact_id = $2', [
      portal.portalId,
      contactId,
      sealed,
    ])
  const sent = async () => (await service.messages()).length
  const start = (portal: TestPortal, contactId: string) =>
    portal.portal.post(`/v1/contacts/${contactId}/challenges`, { loginId: fresh('login') })

  // CRY-2: the attacker's sealed number in the victim's row, and the victim's codes come to the attacker.
  it('CRY-2: of another contact, portal or time does not open in this row, and no code is sent anywhere', async () => {
    const other = await openPortal(service)
    const [victim, attacker] = [fresh('victim'), fresh('attacker')]
    await acme.enroll(victim)
    await acme.enroll(attacker)
    await other.enroll(victim)
    const [own, foreign, elsewhere] = [
      await sealedOf(acme, victim),
      await sealedOf(acme, attacker),
      await sealedOf(other, victim),
    ]
    const before = await sent()
    for (const sealed of [foreign, elsewhere, `${own}AAAA`, own.slice(0, -4), 'test.', '']) {
      await putSealed(acme, victim, sealed)
      expect(await start(acme, victim)).toMatchObject({ status: 503, body: { code: 'unavailable' } })
      expect((await acme.decide(victim, fresh('login'), { sendCode: true })).body).toMatchObject({
        decision: 'challenge',
        challenge: null,
      })
    }
    expect(await sent()).toBe(before)
    await putSealed(acme, victim, own)
    expect((await start(acme, victim)).status).toBe(201)
    // A factor that was replaced: the old number's seal is bound to the old factor.
    await acme.masterAdmin.post(`/v1/contacts/${victim}/reset`, {})
    await acme.enroll(victim)
    await putSealed(acme, victim, own)
    expect((await start(acme, victim)).status).toBe(503)
  })
})

describe('the secret of an API client', () => {
  it('KEY-1: stands in the database as the SHA-256 of its 256 bits, found by the public id', async () => {
    const { clientId, clientSecret } = acme.client
    const { rows } = await database.query('SELECT t::text AS row FROM api_clients t WHERE client_id = $1', [clientId])
    expect(rows).toHaveLength(1)
    expect(rows[0].row).toContain(createHash('sha256').update(clientSecret).digest('base64url'))
    expect(rows[0].row).not.toContain(clientSecret)
    expect(Buffer.from(clientSecret, 'base64url')).toHaveLength(32)
  })

  // KEY-1: an address stays in the logs of every proxy.
  it('KEY-1: and its token are taken from header and body alone, never from an address', async () => {
    const { clientId, clientSecret } = acme.client
    const token = await tokenOf(service, acme.client)
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const query = `grant_type=client_credentials&client_id=${clientId}&client_secret=${clientSecret}`
    for (const body of ['grant_type=client_credentials', `grant_type=client_credentials&client_id=${clientId}`])
      expect((await service.request('POST', `/oauth/token?${query}`, { body, headers: form })).status).toBe(400)
    for (const name of ['access_token', 'token', 'authorization', 'jwt'])
      expect((await service.request('GET', `/v1/settings?${name}=${token}`)).status).toBe(401)
    expect((await service.request('GET', '/v1/settings', { headers: { cookie: `token=${token}` } })).status).toBe(401)
    expect((await service.request('GET', `/v1/settings?access_token=${token}`, { token })).status).toBe(400)
    expect(service.log()).not.toContain(clientSecret)
    expect(service.log()).not.toContain(token)
  })
})
