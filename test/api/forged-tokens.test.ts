/** JWT-1 to JWT-7 over both kinds of access tokens: those that we sign, and those that API clients sign themselves. */
import diagnostics from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accessTokenKeys } from '../../src/adapters/node/tokens.ts'
import {
  algorithms,
  type Claims,
  clientClaims,
  hmacKey,
  newKey,
  signedToken,
  type TestKey,
} from '../support/client-token.ts'
import { apiWith, fresh, openPortal, type TestPortal, tokenOf } from '../support/portal.ts'
import { isTestServers } from '../support/ports.ts'
import { ISSUER, masterKeys, openEmbedded, type TestService } from '../support/service.ts'

type Signer = Pick<TestKey, 'kid' | 'alg' | 'sign'>

const [own] = accessTokenKeys(masterKeys)
const ownKey = hmacKey(own?.kid ?? '', own?.key ?? '')
const clientKeys = Object.fromEntries(algorithms.map(alg => [alg, newKey(alg)])) as Record<string, TestKey>
const foreign = { EdDSA: newKey('EdDSA'), ES256: newKey('ES256'), RS256: newKey('RS256') }

let service: TestService
let acme: TestPortal
/** A client that has a key of each kind. */
let clientId: string

beforeAll(async () => {
  service = await openEmbedded()
  acme = await openPortal(service)
  const jwks = { keys: Object.values(clientKeys).map(({ jwk }) => jwk) }
  const roles = ['portal', 'organization_admin', 'master_admin']
  const made = await acme.operator.post(`/v1/portals/${acme.portalId}/clients`, { name: 'Signs itself', roles, jwks })
  clientId = made.body.clientId
})
afterAll(() => service.close())

const decoded = (part = ''): Claims => JSON.parse(Buffer.from(part, 'base64url').toString())

interface Kind {
  name: string
  key: Signer
  lifetimeMax: number
  claims(): Promise<Claims>
  required: string[]
}

const registered = ['iss', 'aud', 'sub', 'iat', 'exp', 'jti']
const kinds: Kind[] = [
  {
    name: 'ours, HS256',
    key: ownKey,
    lifetimeMax: 900,
    claims: async () => decoded((await tokenOf(service, acme.client)).split('.')[1]),
    required: [...registered, 'client_id', 'role', 'portal_id'],
  },
  ...Object.entries(clientKeys).map(([alg, key]) => ({
    name: `a client's, ${alg}`,
    key,
    lifetimeMax: 600,
    claims: async () => clientClaims(clientId, { client_id: clientId, portal_id: acme.portalId, role: 'portal' }),
    required: registered,
  })),
]

const statusOf = async (token: string): Promise<number> => (await apiWith(service, token).get('/v1/settings')).status

async function refuses(token: string, why = ''): Promise<void> {
  const { status, body, headers } = await apiWith(service, token).get('/v1/settings')
  expect([status, body.code, headers['www-authenticate']], why).toEqual([401, 'unauthenticated', 'Bearer'])
}

describe.each(kinds)('an access token of $name', ({ key, claims, lifetimeMax, required }) => {
  const forged = async (header: Claims, change: Claims = {}, signer: Signer = key): Promise<string> =>
    signedToken(signer, { ...(await claims()), ...change }, { alg: key.alg, kid: key.kid, ...header })

  it('is taken as it is, which is what all refusals below differ from', async () => {
    expect(await statusOf(await forged({}))).toBe(200)
  })

  // The attack: the header names an algorithm that makes a public text the secret, or needs none.
  // JWT-1
  it('JWT-1: is refused under another algorithm, none, no signature, or a public key as the secret', async () => {
    for (const alg of [
      'none',
      'None',
      'nOnE',
      'NONE',
      '',
      'HS384',
      'HS512',
      'ES384',
      'RS512',
      'PS256',
      'hs256',
      null,
      7,
    ])
      await refuses(await forged({ alg }), String(alg))
    for (const alg of ['none', 'None', 'nOnE', key.alg])
      await refuses((await forged({ alg })).replace(/[^.]*$/, ''), `${alg}, no signature`)
    for (const { pem, jwk, kid } of Object.values(clientKeys))
      for (const secret of [
        pem,
        ` ${pem}`,
        `\n${pem}`,
        `\u200b${pem}`,
        pem.trim(),
        JSON.stringify(jwk),
        String(jwk.x ?? jwk.n),
      ])
        for (const header of [{ kid }, { kid: key.kid }, { kid: ownKey.kid }])
          await refuses(await forged({ alg: 'HS256', ...header }, {}, hmacKey(kid, secret)))
    await refuses(await forged({ alg: 'HS256' }, {}, hmacKey(key.kid, ' ')))
  })

  it('JWT-1: is refused under a key of another kind, under its kid or under no kid', async () => {
    for (const other of [...Object.values(foreign), ...Object.values(clientKeys), ownKey].filter(one => one !== key))
      for (const header of [{}, { alg: other.alg }, { alg: other.alg, kid: undefined }])
        await refuses(await forged(header, {}, other), `${other.alg} ${JSON.stringify(header)}`)
  })

  it.each([...required])('JWT-2: is refused without %s', async claim => {
    await refuses(await forged({}, { [claim]: undefined }))
    for (const odd of [null, '', 0, {}, []]) await refuses(await forged({}, { [claim]: odd }), JSON.stringify(odd))
  })

  it('JWT-2: is refused for another issuer or audience', async () => {
    for (const iss of ['https://else.where', `${ISSUER}/`, acme.portalId, 'operator', [ISSUER], [clientId]])
      await refuses(await forged({}, { iss }), String(iss))
    for (const aud of ['https://else.where', `${ISSUER}/`, acme.portalId, clientId, ['https://else.where']])
      await refuses(await forged({}, { aud }), String(aud))
  })

  // The attack: the token tells us where its key lies, or brings it along.
  // JWT-3
  it('JWT-3: is refused under a tricky kid, and nothing is fetched for it', async () => {
    const { hits, url, stop } = await recorder()
    const tricks = [
      '../../dev/null',
      '/dev/null',
      "x' OR '1'='1",
      "'; DROP TABLE api_clients; --",
      '__proto__',
      'constructor',
      'toString',
      '',
      ' ',
    ]
    for (const kid of [
      ...tricks,
      'x'.repeat(1_000_000),
      url,
      null,
      0,
      7,
      true,
      [key.kid],
      { kid: key.kid },
      undefined,
    ]) {
      await refuses(await forged({ kid }), String(kid).slice(0, 40))
      await refuses(await forged({ kid, alg: 'HS256' }, {}, hmacKey('', '')), String(kid).slice(0, 40))
    }
    for (const attacker of Object.values(foreign)) {
      const brought = { jku: url, x5u: url, jwk: attacker.jwk, x5c: [Buffer.from(attacker.pem).toString('base64')] }
      for (const [name, value] of Object.entries(brought))
        for (const kid of [attacker.kid, key.kid])
          await refuses(await forged({ alg: attacker.alg, kid, [name]: value }, {}, attacker), name)
    }
    expect(hits).toEqual([])
    await fetch(url)
    await stop()
    expect(hits).toContain('connected')
    expect(hits).toContain('asked')
  })

  it('JWT-4: is refused with any crit, also one that says nothing', async () => {
    for (const crit of [['exp'], ['b64'], ['alg'], ['x', 'x'], [], '', 'exp', null, false, 0, {}])
      await refuses(await forged({ crit }), JSON.stringify(crit))
    await refuses(await forged({ crit: ['b64'], b64: false }))
  })

  // The attack: a thing signed for one purpose is shown where another is asked for.
  // JWT-5
  it('JWT-5: is refused under any type but its own', async () => {
    for (const typ of ['JWT', 'mfa+jwt', 'secevent+jwt', 'logout+jwt', 'at', '', null, 7, ['at+jwt'], undefined])
      await refuses(await forged({ typ }), String(typ))
  })

  it('JWT-5: is no assertion', async () => {
    const contactId = fresh('contact')
    const { assertion } = await acme.enroll(contactId)
    await refuses(assertion)
    const dressed = await forged({ typ: 'mfa+jwt' }, { ...decoded(assertion.split('.')[1]), purpose: 'change_factor' })
    for (const token of [await forged({}), dressed]) {
      const body = { organizationId: 'org', loginId: fresh('login'), method: 'email', destination: 'a@example.com' }
      const started = await acme.portal.post(`/v1/contacts/${contactId}/enrollments`, { ...body, assertion: token })
      expect(started.body.code).toBe('step_up_required')
    }
  })

  it('JWT-6: is refused with dates that are absurd, too far apart, over or to come', async () => {
    const now = Math.floor(Date.now() / 1000)
    for (const dates of [
      { iat: now, exp: 1e30 },
      { iat: now, exp: Number.MAX_SAFE_INTEGER },
      { iat: now, exp: now + lifetimeMax + 1 },
      { iat: now, exp: now },
      { iat: now, exp: now - 1 },
      { iat: now - 1e12, exp: now + 60 },
      { iat: now, exp: now + 60.5 },
      { iat: now - 0.5, exp: now + 60 },
      { iat: `${now}`, exp: now + 60 },
      { iat: now, exp: `${now + 60}` },
      { iat: now + 60, exp: now + 120 },
      { iat: now - 120, exp: now - 60 },
      { iat: -1, exp: now + 60 },
      { iat: now, exp: now + 60, nbf: now + 60 },
      { iat: now, exp: now + 60, nbf: '0' },
    ])
      await refuses(await forged({}, dates), JSON.stringify(dates))
    const later = Math.floor(Date.now() / 1000)
    for (const dates of [
      { iat: later, exp: later + lifetimeMax },
      { iat: later + 20, exp: later + 60 },
      { iat: later - 80, exp: later - 20 },
    ])
      expect(await statusOf(await forged({}, dates)), JSON.stringify(dates)).toBe(200)
  })
})

describe('the two kinds of access tokens', () => {
  const bought = async () => decoded((await tokenOf(service, acme.client)).split('.')[1])

  // The attack: what one key may say is said under the other: a client becomes the operator, a stolen key of ours a client.
  // JWT-5
  it('are never taken for each other', async () => {
    const ours = await bought()
    const operator = { ...ours, role: 'operator', client_id: 'operator', sub: 'operator', portal_id: undefined }
    for (const key of Object.values(clientKeys))
      for (const claims of [ours, operator, { ...ours, iss: [clientId, ISSUER] }, { ...ours, iss: 'operator' }])
        await refuses(signedToken(key, claims))
    await refuses(signedToken(ownKey, clientClaims(clientId)))
    await refuses(signedToken(ownKey, { ...ours, iss: clientId }))
    await refuses(signedToken({ ...ownKey, kid: clientKeys.ES256?.kid ?? '' }, { ...ours, iss: clientId }))
  })

  it('of a client that has no keys are those that we sign', async () => {
    const own = acme.client.clientId
    expect(await statusOf(signedToken(ownKey, await bought()))).toBe(200)
    for (const key of [...Object.values(clientKeys), ...Object.values(foreign)])
      await refuses(signedToken(key, clientClaims(own)))
  })

  // The attack: a token that is meant for another service as well is shown to us by that service.
  it('of a client are for us alone', async () => {
    for (const aud of [[ISSUER, 'https://else.where'], [ISSUER], { 0: ISSUER }])
      for (const key of Object.values(clientKeys)) await refuses(signedToken(key, clientClaims(clientId, { aud })))
  })

  it("of a client may carry a `nbf` that is past, as some libraries write it; ours don't", async () => {
    const now = Math.floor(Date.now() / 1000)
    for (const key of Object.values(clientKeys))
      expect(await statusOf(signedToken(key, clientClaims(clientId, { nbf: now })))).toBe(200)
    await refuses(signedToken(ownKey, { ...(await bought()), nbf: now }))
  })
})

/** A place that would be asked for keys, and an ear on every connection that this process makes, but for those to its stores. */
async function recorder() {
  const hits: string[] = []
  const server = createServer((_request, response) => {
    hits.push('asked')
    response.end('{"keys":[]}')
  })
  const connected = (message: unknown) => {
    const { socket } = message as { socket: Socket }
    socket.once('connectionAttempt', (_address, port) => isTestServers(port) || hits.push('connected'))
    socket.once('lookup', failure => failure && hits.push('connected'))
  }
  diagnostics.subscribe('net.client.socket', connected)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    hits,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    async stop() {
      diagnostics.unsubscribe('net.client.socket', connected)
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
