/** Tokens: what is no access token of ours, whose tokens are dead, and that an assertion can be verified by anybody. */
import { createHmac, createPublicKey, verify } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accessTokenKeys } from '../../src/adapters/node/tokens.ts'
import { apiWith, fresh, openPortal, type TestPortal, tokenOf } from '../support/portal.ts'
import { ISSUER, masterKeys, openEmbedded, type TestService } from '../support/service.ts'

let service: TestService
let acme: TestPortal

beforeAll(async () => {
  service = await openEmbedded()
  acme = await openPortal(service)
})
afterAll(() => service.close())

const [key] = accessTokenKeys(masterKeys)
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const decode = (part = ''): Record<string, unknown> => JSON.parse(Buffer.from(part, 'base64url').toString())

function signed(header: object, claims: object, secret: Buffer | string = key?.key ?? ''): string {
  const text = `${encode(header)}.${encode(claims)}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

const statusOf = async (token: string): Promise<number> => (await apiWith(service, token).get('/v1/settings')).status

describe('an access token', () => {
  const good = async () => {
    const [header, claims] = (await tokenOf(service, acme.client)).split('.')
    return { header: decode(header), claims: decode(claims) }
  }

  it('signed as ours is taken, which is what the refusals below differ from', async () => {
    const { header, claims } = await good()
    expect(await statusOf(signed(header, claims))).toBe(200)
  })

  // JWT-1: the algorithm is the attacker's to choose.
  it('is refused with another algorithm, none, no signature, or a public key for a secret', async () => {
    const { header, claims } = await good()
    const { keys } = (await service.request('GET', '/.well-known/jwks.json')).body
    const pem = createPublicKey({ key: keys[0], format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString()
    for (const alg of ['none', 'None', 'nOnE', 'HS384', 'ES256', 'RS256'])
      expect(await statusOf(signed({ ...header, alg }, claims)), alg).toBe(401)
    for (const secret of [pem, ` ${pem}`, `\n${pem}`, ' '])
      expect(await statusOf(signed({ ...header, kid: keys[0].kid }, claims, secret))).toBe(401)
    expect(await statusOf(signed({ ...header, alg: 'none' }, claims).replace(/[^.]*$/, ''))).toBe(401)
    for (const kid of ['../../dev/null', '__proto__', '', 'x'.repeat(2000)])
      expect(await statusOf(signed({ ...header, kid }, claims))).toBe(401)
    expect(await statusOf(signed({ ...header, crit: ['exp'] }, claims))).toBe(401)
  })

  // JWT-2: libraries accept a token that lacks a claim.
  it('is refused without any one of its claims, or with another issuer, audience or an absurd date', async () => {
    const { header, claims } = await good()
    for (const claim of ['iss', 'aud', 'sub', 'iat', 'exp', 'jti', 'client_id', 'role', 'portal_id']) {
      const { [claim]: _, ...rest } = claims
      expect(await statusOf(signed(header, rest)), claim).toBe(401)
    }
    const { typ: _, ...untyped } = header
    expect(await statusOf(signed(untyped, claims))).toBe(401)
    const iat = Number(claims.iat)
    const wrong = [
      { iss: 'https://else.where' },
      { aud: acme.portalId },
      { exp: iat - 3600 },
      { exp: 1e30 },
      { exp: iat + 86_400 },
      { iat: iat + 3600, exp: iat + 4000 },
      { role: 'superuser' },
      { role: 'master_admin' },
    ]
    for (const change of wrong)
      expect(await statusOf(signed(header, { ...claims, ...change })), JSON.stringify(change)).toBe(401)
  })

  // JWT-5
  it('is no assertion, and an assertion is no access token', async () => {
    const contactId = fresh('contact')
    const { assertion } = await acme.enroll(contactId)
    expect(await statusOf(assertion)).toBe(401)
    const token = await tokenOf(service, acme.client)
    const path = `/v1/contacts/${contactId}/enrollments`
    const body = { organizationId: 'org', loginId: fresh('login'), method: 'email', destination: 'a@example.com' }
    expect(await acme.portal.post(path, { ...body, assertion: token })).toMatchObject({
      status: 403,
      body: { code: 'step_up_required' },
    })
  })
})

describe('an assertion', () => {
  it('is verified with the published keys alone', async () => {
    const { assertion } = await acme.enroll(fresh('contact'))
    const [header, claims, signature = ''] = assertion.split('.')
    const { body, headers } = await service.request('GET', '/.well-known/jwks.json')
    expect(headers['cache-control']).toContain('max-age=300')
    const jwk = body.keys.find(({ kid }: { kid: string }) => kid === decode(header).kid)
    const text = Buffer.from(`${header}.${claims}`)
    const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
    expect(
      verify('sha256', text, { key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')),
    ).toBe(true)
    expect(decode(header)).toMatchObject({ alg: 'ES256', typ: 'mfa+jwt' })
    expect(decode(claims)).toMatchObject({ iss: ISSUER, aud: acme.portalId, purpose: 'enrollment' })
    expect(JSON.stringify(body)).not.toContain('"d"')
  })
})

describe('a client', () => {
  const another = async () => {
    const path = `/v1/portals/${acme.portalId}/clients`
    const { body } = await acme.operator.post(path, { name: 'Another', roles: ['portal'] })
    return { client: body, path: `${path}/${body.clientId}` }
  }

  it('comes once in the pages of the list, after those that were made before', async () => {
    const made = [(await another()).client.clientId]
    service.advance(1)
    made.push((await another()).client.clientId)
    const seen: string[] = []
    let query = '?limit=1'
    for (let calls = 0; query !== '' && calls < 50; calls++) {
      const { status, body } = await acme.operator.get(`/v1/portals/${acme.portalId}/clients${query}`)
      expect(status).toBe(200)
      expect(body.items).toHaveLength(1)
      seen.push(body.items[0].clientId)
      query = body.nextCursor === null ? '' : `?limit=1&cursor=${body.nextCursor}`
    }
    expect(seen.slice(-2)).toEqual(made)
    expect(new Set(seen).size).toBe(seen.length)
    const strange = Buffer.from('"acme"').toString('base64url')
    const refused = await acme.operator.get(`/v1/portals/${acme.portalId}/clients?cursor=${strange}`)
    expect(refused).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
  })

  it('that is revoked, or whose secret is rotated at once, is dead with its tokens', async () => {
    const { client, path } = await another()
    const token = await tokenOf(service, client)
    const rotated = await acme.operator.post(`${path}/rotate-secret`, { retireAfterSeconds: 0 })
    expect(await statusOf(token)).toBe(401)
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: client.clientId,
      client_secret: client.clientSecret,
    }).toString()
    const old = await service.request('POST', '/oauth/token', {
      body,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(old).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    const next = await tokenOf(service, rotated.body)
    expect(await statusOf(next)).toBe(200)
    expect((await acme.operator.delete(path)).status).toBe(204)
    expect(await statusOf(next)).toBe(401)
  })

  it('keeps its old secret for a day when it is rotated in peace', async () => {
    const { client, path } = await another()
    await acme.operator.post(`${path}/rotate-secret`, {})
    expect(await statusOf(await tokenOf(service, client))).toBe(200)
  })

  it('gets no role that it lacks, and no admin token without a person', async () => {
    const { client } = await another()
    const ask = async (more: Record<string, string>) => {
      const body = new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: client.clientId,
        client_secret: client.clientSecret,
        ...more,
      })
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      return (await service.request('POST', '/oauth/token', { body: body.toString(), headers })).body.error
    }
    expect(await ask({ role: 'master_admin', subject: 'boss' })).toBe('unauthorized_client')
    expect(await ask({ role: 'operator' })).toBe('unauthorized_client')
    expect(await ask({ role: 'root' })).toBe('invalid_request')
    expect(await ask({ grant_type: 'password' })).toMatch(/unsupported_grant_type|invalid_request/)
    const own = { ...acme.client }
    await expect(tokenOf(service, own, { role: 'master_admin' })).rejects.toThrow()
    await expect(tokenOf(service, own, { role: 'organization_admin', subject: 'x' })).rejects.toThrow()
  })

  it('of a suspended portal is refused by every call, until it is suspended no more', async () => {
    const portal = await openPortal(service)
    const suspend = (suspended: boolean) => portal.operator.patch(`/v1/portals/${portal.portalId}`, { suspended })
    await suspend(true)
    expect(await portal.decide('x')).toMatchObject({ status: 403, body: { code: 'portal_suspended' } })
    await suspend(false)
    expect((await portal.decide('x')).status).toBe(200)
  })
})
