/** JWT-1 to JWT-7 over assertions: what is none of ours, or no longer, proves nothing. */
import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { openSigningKeys, type SigningKeys } from '../../src/adapters/node/signing-keys.ts'
import { makeTokens } from '../../src/adapters/node/tokens.ts'
import type { AssertionClaims } from '../../src/domain/tokens.ts'
import type { Tokens } from '../../src/ports/tokens.ts'
import { makeMemoryKeyRing } from '../support/memory-key-ring.ts'

const ISSUER = 'https://mfa.test'
const DAY_MS = 86_400_000
const START = Date.parse('2026-03-01T09:30:00Z')
const masterKeys = [{ kid: 'test', key: randomBytes(32) }]

let now = START
let keys: SigningKeys
let tokens: Tokens
beforeAll(async () => {
  keys = await openSigningKeys(
    masterKeys,
    makeMemoryKeyRing(() => new Date(now)),
  )
  tokens = makeTokens(ISSUER, masterKeys, keys, { now: () => new Date(now) })
})

const iat = START / 1000
const claims = {
  iss: ISSUER,
  aud: 'acme',
  sub: 'c-1',
  organization_id: 'org',
  amr: ['otp', 'mfa'],
  mfa_method: 'email',
  purpose: 'change_factor',
  login_id: 'l-1',
  epoch: 1,
  auth_time: iat,
  ticket: 't',
  iat,
  exp: iat + 600,
  jti: 'abcdefghijklmnop',
}
const header = () => ({ alg: 'ES256', typ: 'mfa+jwt', kid: keys.current().kid })

const segment = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const signed = (head: object, body: object, by: (text: string) => Buffer): string => {
  const text = `${segment(head)}.${segment(body)}`
  return `${text}.${by(text).toString('base64url')}`
}
const es256 = (key: string) => (text: string) => sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })
const hmac = (key: string) => (text: string) => createHmac('sha256', key).update(text).digest()
/** By our own key, so that only what is bent can be the reason for a refusal. */
const ours = (head: object = {}, body: object = {}): string =>
  signed({ ...header(), ...head }, { ...claims, ...body }, es256(keys.current().privatePem))
const readsAs = (jwt: string, portalId = 'acme') => tokens.readAssertion(jwt, portalId)

describe('an assertion', () => {
  it('signed by hand as ours are is read, which is what the refusals below differ from', () => {
    expect(readsAs(ours())).toMatchObject({ sub: 'c-1', purpose: 'change_factor', ticket: 't' })
    expect(readsAs(tokens.signAssertion(claims as unknown as AssertionClaims, 600))).toMatchObject({ sub: 'c-1' })
  })

  it('JWT-1: is refused with another algorithm, none, no signature, or the public key for a secret', () => {
    for (const alg of ['none', 'None', 'nOnE', 'NONE', '', 'HS256', 'RS256', 'ES384', 'PS256', null, ['ES256']])
      expect(readsAs(ours({ alg })), String(alg)).toBeNull()
    const { publicPem, privatePem } = keys.current()
    for (const secret of [publicPem, ` ${publicPem}`, `\n${publicPem}`, publicPem.trim(), privatePem, ''])
      expect(readsAs(signed({ ...header(), alg: 'HS256' }, claims, hmac(secret)))).toBeNull()
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(64), Buffer.alloc(64, 255), Buffer.alloc(63)])
      expect(readsAs(signed(header(), claims, () => bytes))).toBeNull()
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const pem = stranger.export({ type: 'pkcs8', format: 'pem' }).toString()
    expect(readsAs(signed(header(), claims, es256(pem)))).toBeNull()
  })

  it('JWT-2: is refused without any one of its claims, or for another issuer or portal', () => {
    for (const claim of Object.keys(claims).filter(name => name !== 'ticket'))
      expect(readsAs(ours({}, { [claim]: undefined })), claim).toBeNull()
    for (const change of [{ iss: 'https://else.where' }, { aud: 'other' }, { aud: ISSUER }, { sub: 'a b' }])
      expect(readsAs(ours({}, change)), JSON.stringify(change)).toBeNull()
    expect(readsAs(ours(), 'other')).toBeNull()
  })

  it('JWT-3: is verified with no key that it names or brings itself', () => {
    for (const kid of [
      '../../dev/null',
      "x' OR '1'='1",
      '__proto__',
      'constructor',
      '',
      'x'.repeat(1_000_000),
      null,
      1,
    ])
      expect(readsAs(ours({ kid }))).toBeNull()
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const jwk = publicKey.export({ format: 'jwk' })
    const brought = { jwk, jku: 'http://127.0.0.1:9/jwks.json', x5u: 'http://127.0.0.1:9/cert', x5c: ['MII='] }
    expect(readsAs(signed({ ...header(), ...brought }, claims, es256(pem)))).toBeNull()
  })

  it('JWT-4: is refused with any crit', () => {
    for (const crit of [['exp'], ['b64'], [], '', null, false, 0])
      expect(readsAs(ours({ crit })), String(crit)).toBeNull()
  })

  it('JWT-5: is of its own type, and no other token of ours is one', () => {
    for (const typ of ['at+jwt', 'JWT', 'MFA+JWT', 'application/mfa+jwt', '', null, undefined])
      expect(readsAs(ours({ typ })), String(typ)).toBeNull()
    const access = tokens.signAccess({ sub: 'c-1', client_id: 'c', role: 'portal' })
    expect(readsAs(access)).toBeNull()
  })

  it('JWT-6: is refused with dates that our signer would not write', () => {
    for (const change of [
      { exp: iat - 31 },
      { exp: 1e30 },
      { exp: iat + 86_400 },
      { exp: String(iat + 600) },
      { exp: iat + 0.5 },
      { iat: iat + 3600, exp: iat + 4000 },
      { iat: -1 },
      { nbf: iat + 3600 },
    ])
      expect(readsAs(ours({}, change)), JSON.stringify(change)).toBeNull()
  })
})

it('JWT-7: a key that has been replaced reads as long as its assertions live, and no longer', async () => {
  const old = keys.current().kid
  const jwt = ours()
  const late = () => ours({ kid: old }, { iat: now / 1000, exp: now / 1000 + 600 })
  const [privatePem, kids] = [keys.current().privatePem, () => keys.published().map(({ kid }) => kid)]
  const byOld = () =>
    signed({ ...header(), kid: old }, { ...claims, iat: now / 1000, exp: now / 1000 + 600 }, es256(privatePem))
  expect(readsAs(jwt)).not.toBeNull()
  now = START + 30 * DAY_MS
  await keys.refresh()
  expect(keys.current().kid).toBe(old)
  expect(kids()).toHaveLength(2)
  now += DAY_MS
  await keys.refresh()
  expect(keys.current().kid).not.toBe(old)
  expect(readsAs(byOld())).not.toBeNull()
  expect(readsAs(late())).toBeNull()
  now += DAY_MS
  await keys.refresh()
  expect(kids()).not.toContain(old)
  expect(readsAs(byOld())).toBeNull()
  now = START
})
