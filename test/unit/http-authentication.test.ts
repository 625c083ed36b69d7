import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MfaError } from '../../src/domain/errors.ts'
import { openapiDocument } from '../../src/openapi.ts'
import { ACCESS_KEY, accessToken, bearer, goodClaims, httpApp, NOW } from '../support/http-app.ts'

const segment = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('authentication', () => {
  let seen: unknown
  let asked: unknown
  let http: Awaited<ReturnType<typeof httpApp>>
  beforeAll(async () => {
    http = await httpApp({
      listMethods: () => ({ items: [] }),
      authorizeCaller: (_caller, operation) => {
        asked = operation
      },
      authenticateCaller: claims => {
        seen = claims
        return { role: 'operator', clientId: 'operator', subject: null }
      },
    })
  })
  afterAll(() => http.app.close())

  const call = (headers: Record<string, string>) => http.app.inject({ method: 'GET', url: '/v1/methods', headers })

  async function refuses(token: string): Promise<void> {
    const answer = await call(bearer(token))
    expect(answer.statusCode).toBe(401)
    expect(answer.headers['www-authenticate']).toBe('Bearer')
    expect(answer.json()).toMatchObject({ code: 'unauthenticated' })
  }

  it('RESET-1: stands before every operation but the two without a token, and names each by its own entry of the list', async () => {
    const document = JSON.parse(await openapiDocument()) as {
      paths: Record<string, Record<string, { operationId: string }>>
    }
    const open: string[] = []
    for (const [path, methods] of Object.entries(document.paths))
      for (const [method, { operationId }] of Object.entries(methods)) {
        const url = path.replaceAll(/\{\w+\}/g, 'x')
        const inject = (headers: Record<string, string>) =>
          http.app.inject({ method: method.toUpperCase() as 'GET', url, headers })
        if ((await inject({})).json().code !== 'unauthenticated') open.push(operationId)
        else {
          await inject(bearer())
          expect(asked).toBe(operationId)
        }
      }
    expect(open.toSorted()).toEqual(['issueToken', 'jwks'])
  })

  it('hands the claims of a good token on, and asks for the role by the name of the operation', async () => {
    expect((await call(bearer())).statusCode).toBe(200)
    expect(seen).toEqual(goodClaims)
    expect(asked).toBe('listMethods')
  })

  it('refuses no token, another scheme, and what is no token', async () => {
    const headers: Record<string, string>[] = [
      {},
      { authorization: 'Basic YTpi' },
      { authorization: 'Bearer' },
      { authorization: 'Bearer a b' },
    ]
    for (const header of headers) expect((await call(header)).statusCode).toBe(401)
    for (const token of ['x', 'a.b.c', '..', `${accessToken()}.x`, `${accessToken()} `, '[object Object]'])
      await refuses(token)
  })

  it('JWT-1: refuses none in every spelling, and a token without signature', async () => {
    for (const alg of ['none', 'None', 'nOnE', 'HS256'])
      await refuses(`${segment({ alg, typ: 'at+jwt', kid: ACCESS_KEY.kid })}.${segment(goodClaims)}.`)
  })

  it('JWT-1: refuses other algorithms, another key, and a public key used as a secret', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const input = (alg: string) => `${segment({ alg, typ: 'at+jwt', kid: ACCESS_KEY.kid })}.${segment(goodClaims)}`
    const hs512 = createHmac('sha512', ACCESS_KEY.key).update(input('HS512')).digest('base64url')
    const es256 = sign('sha256', Buffer.from(input('ES256')), { key: privateKey, dsaEncoding: 'ieee-p1363' })
    await refuses(`${input('HS512')}.${hs512}`)
    await refuses(`${input('ES256')}.${es256.toString('base64url')}`)
    await refuses(accessToken(goodClaims, {}, randomBytes(32)))
    for (const lead of ['', ' ', '\n']) {
      const pem = `${lead}${publicKey.export({ format: 'pem', type: 'spki' })}`
      await refuses(accessToken(goodClaims, {}, pem))
    }
  })

  it('JWT-2: refuses a token that lacks any one claim', async () => {
    for (const claim of ['iss', 'aud', 'sub', 'iat', 'exp', 'jti', 'client_id']) {
      const { [claim]: _gone, ...rest } = goodClaims as Record<string, unknown>
      await refuses(accessToken(rest))
    }
  })

  it('JWT-2: refuses another issuer, audience or type', async () => {
    await refuses(accessToken({ ...goodClaims, iss: 'https://evil.test' }))
    await refuses(accessToken({ ...goodClaims, aud: 'acme' }))
    for (const typ of ['JWT', 'mfa+jwt', '', 7, undefined]) await refuses(accessToken(goodClaims, { typ }))
  })

  it('JWT-3: refuses a key id that is unknown or a trick, and follows no address', async () => {
    for (const kid of ['k2', '../../dev/null', '__proto__', 'constructor', '', null, 7, ['k1'], undefined])
      await refuses(accessToken(goodClaims, { kid }))
    expect((await call(bearer(accessToken(goodClaims, { jku: 'https://evil.test/jwks' })))).statusCode).toBe(200)
  })

  it('JWT-7: takes tokens of every key it is given, until a key is gone', async () => {
    const old = { kid: 'k0', key: randomBytes(32) }
    const both = await httpApp({ listMethods: () => ({ items: [] }) }, { accessTokenKeys: [ACCESS_KEY, old] })
    const token = accessToken(goodClaims, { kid: 'k0' }, old.key)
    for (const good of [token, accessToken()])
      expect((await both.app.inject({ url: '/v1/methods', headers: bearer(good) })).statusCode).toBe(200)
    await both.app.close()
    await refuses(token)
    await refuses(accessToken(goodClaims, { kid: 'k0' }))
  })

  it('JWT-4: refuses every crit', async () => {
    for (const crit of [['exp'], ['b64'], [], '', null, false, 0]) await refuses(accessToken(goodClaims, { crit }))
  })

  it('JWT-6: refuses dates that our signer would not write', async () => {
    const { iat } = goodClaims
    for (const dates of [
      { exp: 1e30 },
      { exp: iat + 901 },
      { exp: iat },
      { exp: iat + 0.5 },
      { exp: `${iat + 900}` },
      { iat: iat + 31, exp: iat + 31 + 900 },
      { iat: iat - 1e12, exp: iat + 1 },
      { iat: -1, exp: iat + 1 },
      { nbf: iat },
    ])
      await refuses(accessToken({ ...goodClaims, ...dates }))
  })

  it('allows clocks to differ by 30 seconds, and no more', async () => {
    const now = NOW.getTime() / 1000
    const issued = (iat: number) => accessToken({ ...goodClaims, iat, exp: iat + 900 })
    expect((await call(bearer(issued(now + 30)))).statusCode).toBe(200)
    expect((await call(bearer(issued(now - 929)))).statusCode).toBe(200)
    await refuses(issued(now - 931))
    await refuses(issued(now + 31))
  })

  it('refuses before it reads the body', async () => {
    const answer = await http.app.inject({
      method: 'POST',
      url: '/v1/portals',
      payload: 'x'.repeat(20_000),
      headers: { 'content-type': 'text/plain' },
    })
    expect(answer.statusCode).toBe(401)
  })

  it('answers what the use cases say of caller and role', async () => {
    const suspended = await httpApp({
      authenticateCaller: () => {
        throw new MfaError('portal_suspended')
      },
    })
    expect((await suspended.app.inject({ method: 'GET', url: '/v1/methods', headers: bearer() })).json().code).toBe(
      'portal_suspended',
    )
    await suspended.app.close()
    const forbidden = await httpApp({
      authorizeCaller: () => {
        throw new MfaError('forbidden')
      },
    })
    expect((await forbidden.app.inject({ method: 'GET', url: '/v1/methods', headers: bearer() })).statusCode).toBe(403)
    await forbidden.app.close()
  })
})
