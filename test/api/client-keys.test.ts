/** Tokens that an API client signs itself: a login without a token round trip, and how such tokens end. On two instances. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { algorithms, type Claims, clientClaims, newKey, signedToken, type TestKey } from '../support/client-token.ts'
import { type Api, apiWith, fresh, freshNumber, openPortal, type TestPortal, tokenOf } from '../support/portal.ts'
import { openReal, type TestService } from '../support/service.ts'

let service: TestService
let acme: TestPortal

beforeAll(async () => {
  service = await openReal()
  acme = await openPortal(service)
})
afterAll(() => service.close())

const allRoles = ['portal', 'organization_admin', 'master_admin']

interface SigningClient {
  clientId: string
  clientSecret: string
  /** Of the client, for the operator. */
  path: string
  as(key: TestKey, claims?: Claims): Api
  replace(...keys: TestKey[]): ReturnType<Api['put']>
}

/** A client of the portal with these keys, known to every instance. */
async function signingClient(portal: TestPortal, keys: TestKey[], roles = allRoles): Promise<SigningClient> {
  const clients = `/v1/portals/${portal.portalId}/clients`
  const jwks = keys.length > 0 ? { jwks: { keys: keys.map(({ jwk }) => jwk) } } : {}
  const made = await portal.operator.post(clients, { name: 'Signs itself', roles, ...jwks })
  expect(made.status, JSON.stringify(made.body)).toBe(201)
  await polled()
  const { clientId, clientSecret } = made.body
  const path = `${clients}/${clientId}`
  return {
    clientId,
    clientSecret,
    path,
    as: (key, claims = {}) => apiWith(service, signedToken(key, clientClaims(clientId, claims))),
    replace: (...next) => portal.operator.put(`${path}/jwks`, { keys: next.map(({ jwk }) => jwk) }),
  }
}

/** As after the next poll of every instance. */
const polled = () => Promise.all(service.instances.map(instance => instance.runJobs()))

/** What every instance answers, by its status or its problem's code. */
async function everywhere(api: Api): Promise<Set<number | string>> {
  const answers = [await api.get('/v1/settings'), await api.get('/v1/settings')]
  return new Set(answers.map(({ status, body }) => (status === 200 ? 200 : body.code)))
}
const taken = new Set([200])
const refused = new Set(['unauthenticated'])

describe.each(algorithms)('with a key for %s', alg => {
  it('a back end walks a whole login under tokens that it signs itself', async () => {
    const key = newKey(alg)
    const { as } = await signingClient(acme, [key])
    const [portal, contactId, destination] = [as(key), fresh('contact'), freshNumber()]
    const login = async () => {
      const given = { organizationId: 'org', loginId: fresh('login') }
      return { ...given, ...(await portal.post(`/v1/contacts/${contactId}/logins`, given)).body }
    }
    const first = await login()
    expect(first.decision).toBe('enroll')
    const { organizationId, loginId } = first
    const enrollments = `/v1/contacts/${contactId}/enrollments`
    const started = await portal.post(enrollments, { organizationId, loginId, method: 'sms', destination })
    const code = await acme.codeAt(destination)
    expect((await portal.post(`${enrollments}/${started.body.id}/confirm`, { code, loginId })).status).toBe(200)

    const second = await login()
    expect(second.decision).toBe('challenge')
    const challenges = `/v1/contacts/${contactId}/challenges`
    const challenge = await portal.post(challenges, { loginId: second.loginId })
    const proof = { code: await acme.codeAt(destination), loginId: second.loginId }
    const verified = await portal.post(`${challenges}/${challenge.body.id}/verify`, proof)
    expect(verified).toMatchObject({ status: 200, body: { assertion: expect.stringContaining('.') } })
  })

  it('each role acts as the person that the token names', async () => {
    const key = newKey(alg)
    const { as, clientId } = await signingClient(acme, [key])
    const contactId = fresh('contact')
    await acme.enroll(contactId)
    const subject = fresh('admin')
    const admin = as(key, { role: 'organization_admin', subject, organization_id: 'org' })
    expect((await admin.post(`/v1/contacts/${contactId}/reset`)).status).toBe(200)
    const stranger = as(key, { role: 'organization_admin', subject, organization_id: 'org-else' })
    expect((await stranger.post(`/v1/contacts/${contactId}/reset`)).status).toBe(404)
    const itself = as(key, { role: 'organization_admin', subject: contactId, organization_id: 'org' })
    expect((await itself.post(`/v1/contacts/${contactId}/reset`)).body.code).toBe('self_reset')
    const events = await as(key, { role: 'master_admin', subject: 'boss' }).get(`/v1/events?contactId=${contactId}`)
    const reset = events.body.items.find(({ type }: { type: string }) => type === 'contact.reset')
    expect(reset.actor).toEqual({ role: 'organization_admin', subject, clientId })
  })
})

describe('the keys of a client', () => {
  it('are shown to the operator, public members only, and are events of the portal', async () => {
    const [one, two] = [newKey('ES256'), newKey('RS256')]
    const { clientId, path, replace } = await signingClient(acme, [one])
    const changed = await replace({ ...one, jwk: { ...one.jwk, alg: 'ES256', use: 'sig' } }, two)
    expect(changed.status).toBe(200)
    const { items } = (await acme.operator.get(path.replace(/\/cli_.*/, ''))).body
    const shown = items.find((item: { clientId: string }) => item.clientId === clientId)
    expect(shown).toEqual(changed.body)
    expect(shown.jwks).toEqual({ keys: [{ ...one.jwk, alg: 'ES256', use: 'sig' }, two.jwk] })
    const { body } = await acme.masterAdmin.get('/v1/events?type=client.keys_changed&limit=200')
    const mine = body.items.filter(({ details }: { details: { clientId: string } }) => details.clientId === clientId)
    expect(
      mine.map(({ details }: { details: { keys: { kid: string }[] } }) => details.keys.map(({ kid }) => kid)),
    ).toEqual([[one.kid, two.kid], [one.kid]])
    expect(mine[0].actor.clientId).toBe('operator')
  })

  it('are refused with a private member, which nothing repeats or keeps', async () => {
    const { path } = await signingClient(acme, [])
    const secret = 'c2VjcmV0LXRoYXQtbm90aGluZy1yZXBlYXRz'
    const jwk = { ...newKey('EdDSA').jwk, d: secret }
    const roles = ['portal']
    const answers = [
      await acme.operator.put(`${path}/jwks`, { keys: [jwk] }),
      await acme.operator.post(path.replace(/\/cli_.*/, ''), { name: 'x', roles, jwks: { keys: [jwk] } }),
    ]
    expect(answers.map(({ status, body }) => [status, body.errors[0].pointer])).toEqual([
      [400, '/keys/0/d'],
      [400, '/jwks/keys/0/d'],
    ])
    expect(answers[0]?.body.errors[0].message).toMatch(/private/)
    expect(JSON.stringify(answers) + service.log()).not.toContain(secret)
  })

  it('are for a client that is there, and the operator alone sets them', async () => {
    const { path } = await signingClient(acme, [])
    const keys = { keys: [newKey('EdDSA').jwk] }
    for (const api of [acme.portal, acme.masterAdmin, await acme.organizationAdmin('org')])
      expect((await api.put(`${path}/jwks`, keys)).body.code).toBe('forbidden')
    const other = await openPortal(service)
    const elsewhere = path.replace(acme.portalId, other.portalId)
    for (const nowhere of [
      elsewhere,
      path.replace(/.{22}$/, '0'.repeat(22)),
      path.replace(acme.portalId, 'portal-999999'),
    ])
      expect((await acme.operator.put(`${nowhere}/jwks`, keys)).status).toBe(404)
    await acme.operator.delete(path)
    expect((await acme.operator.put(`${path}/jwks`, keys)).status).toBe(404)
    const large = { keys: [{ ...newKey('EdDSA').jwk, kid: 'x'.repeat(17_000) }] }
    expect((await acme.operator.put(`${path}/jwks`, large)).status).toBe(413)
  })

  // JWT-7: two keys at once while one takes over; a key that is gone verifies nothing, nor does what was verified with it.
  it('rotate: the new one beside the old, then alone', async () => {
    const [old, next] = [newKey('ES256'), newKey('ES256')]
    const { as, replace } = await signingClient(acme, [old])
    const [byOld, byNext] = [as(old), as(next)]
    expect([await everywhere(byOld), await everywhere(byNext)]).toEqual([taken, refused])
    await replace(old, next)
    await polled()
    expect([await everywhere(byOld), await everywhere(byNext)]).toEqual([taken, taken])
    await replace(next)
    await polled()
    expect([await everywhere(byOld), await everywhere(byNext)]).toEqual([refused, taken])
    await replace()
    await polled()
    expect([await everywhere(byOld), await everywhere(byNext)]).toEqual([refused, refused])
  })

  it('are exchanged under the same kid: what the key before had signed is dead', async () => {
    const [old, next] = [newKey('EdDSA', 'main'), newKey('EdDSA', 'main')]
    const { as, replace } = await signingClient(acme, [old])
    const [byOld, byNext] = [as(old), as(next)]
    expect(await everywhere(byOld)).toEqual(taken)
    await replace(next)
    await polled()
    expect([await everywhere(byOld), await everywhere(byNext)]).toEqual([refused, taken])
  })

  it('count at once on the instance that was told, and are read again by the others', async () => {
    const [old, next] = [newKey('EdDSA'), newKey('EdDSA')]
    const { as, replace } = await signingClient(acme, [old])
    await replace(next)
    const statuses = [await as(next).get('/v1/settings'), await as(next).get('/v1/settings')].map(
      ({ status }) => status,
    )
    expect(statuses.toSorted()).toEqual([200, 401])
    await polled()
    expect([await everywhere(as(old)), await everywhere(as(next))]).toEqual([refused, taken])
  })

  it('go with the client: revoked, what it has signed is dead on every instance', async () => {
    const key = newKey('EdDSA')
    const { as, path } = await signingClient(acme, [key])
    const api = as(key)
    expect(await everywhere(api)).toEqual(taken)
    expect((await acme.operator.delete(path)).status).toBe(204)
    await polled()
    expect([await everywhere(api), await everywhere(as(key))]).toEqual([refused, refused])
    const answer = await acme.operator.get(path.replace(/\/cli_.*/, ''))
    expect(JSON.stringify(answer.body)).toContain(key.kid)
  })

  it('stand beside the secret: rotating that at once ends its tokens, and no signed one', async () => {
    const key = newKey('EdDSA')
    const { as, path, clientId, clientSecret } = await signingClient(acme, [key])
    const [signed, bought] = [as(key), apiWith(service, await tokenOf(service, { clientId, clientSecret }))]
    await acme.operator.post(`${path}/rotate-secret`, { retireAfterSeconds: 0 })
    await polled()
    expect([await everywhere(signed), await everywhere(bought)]).toEqual([taken, refused])
  })

  it('of a suspended portal are good for nothing until it is suspended no more', async () => {
    const portal = await openPortal(service)
    const key = newKey('RS256')
    const { as } = await signingClient(portal, [key])
    const api = as(key)
    expect(await everywhere(api)).toEqual(taken)
    const suspend = async (suspended: boolean) => {
      await portal.operator.patch(`/v1/portals/${portal.portalId}`, { suspended })
      await polled()
    }
    await suspend(true)
    expect([await everywhere(api), await everywhere(as(key))]).toEqual([
      new Set(['portal_suspended']),
      new Set(['portal_suspended']),
    ])
    await suspend(false)
    expect(await everywhere(api)).toEqual(taken)
  })
})

describe('a token that a client signs', () => {
  const key = newKey('ES256')
  let mine: SigningClient
  beforeAll(async () => {
    mine = await signingClient(acme, [key], ['portal', 'organization_admin'])
  })
  const saying = async (claims: Claims) => {
    const { status, body } = await mine.as(key, claims).get('/v1/contacts')
    return status === 200 ? 200 : body.code
  }

  it('may have any role of the client, and no other', async () => {
    const subject = 'somebody'
    expect(await saying({})).toBe(200)
    expect(await saying({ role: 'portal', subject })).toBe(200)
    expect(await saying({ role: 'organization_admin', subject, organization_id: 'org' })).toBe(200)
    for (const role of ['master_admin', 'operator']) expect(await saying({ role, subject })).toBe('forbidden')
    for (const role of ['root', '', null, ['portal'], 7]) expect(await saying({ role })).toBe('unauthenticated')
  })

  it('names person and organization by the rules of the token endpoint', async () => {
    const admin = { role: 'organization_admin', subject: 'somebody', organization_id: 'org' }
    for (const claims of [
      { role: 'organization_admin' },
      { role: 'organization_admin', organization_id: 'org' },
      { role: 'organization_admin', subject: 'somebody' },
      { organization_id: 'org' },
      { ...admin, organization_id: 'a/b' },
      { ...admin, subject: '+15551234567' },
      { ...admin, subject: '' },
      { ...admin, organization_id: ['org'] },
    ])
      expect(await saying(claims), JSON.stringify(claims)).toBe('unauthenticated')
  })

  it('TEN-1: is of the portal of its client, whatever it says', async () => {
    const other = await openPortal(service)
    const theirs = await signingClient(other, [newKey('ES256', key.kid)])
    expect(await saying({ portal_id: acme.portalId, client_id: mine.clientId })).toBe(200)
    const foreign = [
      { portal_id: other.portalId },
      { portal_id: 'nobody' },
      { portal_id: null },
      { client_id: theirs.clientId },
      { client_id: 'operator' },
      { iss: theirs.clientId },
      { iss: theirs.clientId, sub: theirs.clientId, client_id: theirs.clientId, portal_id: other.portalId },
      { iss: acme.client.clientId, sub: acme.client.clientId },
      { iss: 'operator', sub: 'operator', role: 'operator' },
      { iss: `cli_${'0'.repeat(22)}` },
      { sub: 'somebody' },
      { subject: 'somebody', sub: 'else' },
    ]
    for (const claims of foreign) expect(await saying(claims), JSON.stringify(claims)).toBe('unauthenticated')
  })

  it('that was signed well says what is wrong with it; any other says nothing', async () => {
    const iat = Math.floor(Date.now() / 1000)
    const long = await mine.as(key, { iat, exp: iat + 601 }).get('/v1/settings')
    expect(long.body.detail).toMatch(/iat, exp or nbf/)
    const forged = await mine.as(newKey('ES256', key.kid), { iat, exp: iat + 601 }).get('/v1/settings')
    expect([forged.status, forged.body.detail]).toEqual([401, undefined])
  })
})
